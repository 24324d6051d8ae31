//! Numbers for rows that are named to people: in order, and saying nothing of how many there are.
//!
//! Who sees a part of a site is told the numbers of their own holds, cases and files. Counted one by one,
//! two of them would say how much was done elsewhere in between. So a number is its millisecond since
//! 2020, and below that twelve random bits: it grows with time, which its owner knows anyway, and fits a
//! number of JSON until 2089.

/// Milliseconds of Unix time at 2020-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_577_836_800_000;
/// How many numbers belong to a millisecond.
const PER_MILLISECOND: i64 = 1 << 12;

/// Returns the SQL of the number of a new row of `table`, larger than that of every row there is. It
/// goes by the system's clock: that of the program may stand still, and the order is all that counts.
pub(crate) fn sparse_id(table: &str) -> String {
    format!(
        "(SELECT max((CAST(unixepoch('subsec') * 1000 AS INTEGER) - {EPOCH_MS}) * {PER_MILLISECOND},
                     1 + coalesce((SELECT max(id) FROM {table}), 0))
                 + (random() & {}))",
        PER_MILLISECOND - 1
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn numbers_grow_and_leave_room_between_them() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch("CREATE TABLE hold (id INTEGER PRIMARY KEY) STRICT").unwrap();
        // Rows from before are numbered one by one.
        database.execute("INSERT INTO hold VALUES (7)", []).unwrap();
        let insert = format!("INSERT INTO hold VALUES ({})", sparse_id("hold"));
        let mut ids = vec![7];
        for _ in 0..200 {
            database.execute(&insert, []).unwrap();
            ids.push(database.last_insert_rowid());
        }
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
        assert!(ids.windows(2).any(|pair| pair[1] - pair[0] > 1_000), "{ids:?}");
        assert!(ids.iter().all(|id| *id < 1 << 53), "{ids:?}");
    }
}
