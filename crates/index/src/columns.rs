//! Columns that rows of several tables have: accounts, cameras, who did what when.

use domain::{AccountName, CameraId, Timestamp};
use rusqlite::Row;
use rusqlite::types::Type;

use crate::HoldAct;

/// Returns cameras as a column has them: their names between blanks.
pub(crate) fn written_cameras(cameras: &[CameraId]) -> String {
    let names: Vec<&str> = cameras.iter().map(CameraId::as_str).collect();
    names.join(" ")
}

/// Reads what [`written_cameras`] wrote.
pub(crate) fn read_cameras(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<CameraId>> {
    let text: String = row.get(column)?;
    let names = text.split(' ').filter(|name| !name.is_empty());
    names.map(|name| name.parse().map_err(|_| invalid(column, name))).collect()
}

/// Reads the name of an account.
pub(crate) fn read_account(row: &Row<'_>, column: usize) -> rusqlite::Result<AccountName> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| invalid(column, &text))
}

/// Reads a moment, if there is one.
pub(crate) fn read_moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_micros))
}

/// Reads who did something, and from the column behind it when, if it was done.
pub(crate) fn read_act(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<HoldAct>> {
    let at = read_moment(row, column + 1)?;
    at.map(|at| Ok(HoldAct { by: read_account(row, column)?, at })).transpose()
}

/// Returns that a column holds what nobody writes there.
pub(crate) fn invalid(column: usize, text: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, text.to_owned(), Type::Text)
}
