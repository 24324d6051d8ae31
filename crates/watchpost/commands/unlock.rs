//! `watchpost unlock`: takes a sealed package out of the ZIP that a passphrase opens.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

#[derive(clap::Args)]
#[command(after_help = "\
Writes the package as it was sealed, to the byte; check it by `watchpost verify` then. 7-Zip, and other
programs that know AES in ZIP, do the same.

Example:
  watchpost unlock case-01-locked.zip --passphrase-file words.txt --out case-01.zip")]
pub(crate) struct Arguments {
    /// The package under a passphrase.
    #[arg(value_name = "FILE")]
    package: PathBuf,
    /// A file whose first line is the passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
    /// The package to write; never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (package, out) = (arguments.package.display(), &arguments.out);
    if out.exists() {
        bail!("{} exists already: remove it or choose another name", out.display());
    }
    let passphrase = super::export::read_passphrase(&arguments.passphrase_file)?;
    let file = File::open(&arguments.package).with_context(|| format!("cannot open {package}"))?;
    let writing = || format!("cannot write {}", out.display());
    let mut copy = BufWriter::new(File::create_new(out).with_context(writing)?);
    let opened = evidence::open_protected(BufReader::new(file), &passphrase, &mut copy);
    let opened = opened.with_context(|| package.to_string()).and_then(|bytes| {
        copy.flush().and_then(|()| copy.get_ref().sync_all()).with_context(writing)?;
        Ok(bytes)
    });
    if opened.is_err() {
        // Half a package would be taken for a changed one.
        let _ = std::fs::remove_file(out);
    }
    eprintln!("{}: {} bytes; check it by: watchpost verify {0}", out.display(), opened?);
    Ok(ExitCode::SUCCESS)
}
