//! `watchpost export`: footage and events of a case as one sealed package.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use api::Masking;
use domain::{AccountName, CameraId, Clock as _, StreamRole, SystemClock, TimeRange, Timestamp};
use evidence::{ApprovalCard, Passphrase, Purpose, SiteKey, protect};
use index::{Custody, ReadOnlyIndex};
use indicatif::{ProgressBar, ProgressStyle};

use super::OperatorArgument;
use crate::ConfigArgument;
use crate::config;
use crate::export::{self, Order, Origin, Sealed};

#[derive(clap::Args)]
#[command(after_help = "\
Writes one ZIP with a clip for every camera (the original pictures, whole GOPs, nothing encoded again),
the events with their stills, and a manifest that says what is in it, where it comes from, who
exported it and what for, signed by the site's key. It runs beside the service or without it, reads
the index and the disks itself, and is written into the audit trail before the package is whole.

Whoever gets it checks it by `watchpost verify`, or by unzip, sha256sum and openssl as the note in it
says. Recorded files are read once more and compared with the hash that was taken when they were
closed.

Where privacy masks lie over a clip, it is a masked copy: encoded again, labelled, with the masks and
the recorded files it was made of in the manifest. --masks remove takes the original instead, where the
site's policy lets anybody see it ([privacy] unmasked_roles).

Where [export] second_person asks for it, a second person is named by --second; the name stands in the
trail and in the manifest.

With --passphrase-file the package leaves inside a ZIP that 7-Zip and others open by that passphrase;
`watchpost unlock` takes it out again.

Example:
  watchpost export --camera trang-tien --from 2026-03-01T07:30:00+07:00 \\
      --to 2026-03-01T07:45:00+07:00 --case 01/2026 --reason \"accident\" --out case-01.zip")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// A camera; once for each, or between commas.
    #[arg(long = "camera", required = true, value_delimiter = ',')]
    cameras: Vec<CameraId>,
    /// First moment, as RFC 3339: 2026-03-01T07:30:00+07:00.
    #[arg(long)]
    from: Timestamp,
    /// First moment after.
    #[arg(long)]
    to: Timestamp,
    /// The number of the case.
    #[arg(long)]
    case: String,
    /// The reason, in words.
    #[arg(long)]
    reason: String,
    /// The law it rests on.
    #[arg(long)]
    legal_basis: Option<String>,
    /// Which stream: main or sub.
    #[arg(long, default_value = "main", value_parser = super::footage::parse_role)]
    stream: StreamRole,
    /// Whether privacy masks stay over the clips: keep or remove.
    #[arg(long, default_value = "keep", value_parser = parse_masks)]
    masks: Masking,
    /// The second person, where the site's policy wants one ([export] second_person).
    #[arg(long, value_name = "NAME")]
    second: Option<AccountName>,
    /// A file that holds a passphrase: the package leaves inside a ZIP that it alone opens (AES-256).
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Leave out the stills of events.
    #[arg(long)]
    no_stills: bool,
    /// The package to write; never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Say what was done as JSON on standard output.
    #[arg(long)]
    json: bool,
}

fn parse_masks(text: &str) -> Result<Masking, String> {
    match text {
        "keep" => Ok(Masking::On),
        "remove" => Ok(Masking::Off),
        _ => Err("masks are kept or removed: keep or remove".to_owned()),
    }
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let out = &arguments.out;
    if out.exists() {
        bail!("{} exists already: remove it or choose another name", out.display());
    }
    if arguments.to <= arguments.from {
        bail!("--to must be after --from");
    }
    for (text, name) in [(&arguments.case, "--case"), (&arguments.reason, "--reason")] {
        if text.trim().is_empty() {
            bail!("{name} must say something");
        }
    }
    let (config, _) = config::load(&arguments.config.config)?;
    if arguments.masks == Masking::Off && config.privacy.unmasked_roles.is_empty() {
        bail!(
            "the site's policy lets nobody see what lies under privacy masks: [privacy] \
             unmasked_roles names who may"
        );
    }
    let operator = arguments.operator.name()?;
    let index = ReadOnlyIndex::open(&config.index.path).context("cannot open the index")?;
    let mut custody = Custody::open(&config.index.path).context("cannot open the audit trail")?;
    let key = SiteKey::open(&config.key_file()).context("the service makes it at its start")?;
    let passphrase = arguments.passphrase_file.as_deref().map(read_passphrase).transpose()?;
    let exported = SystemClock::default().now();
    let masks = custody.masks().context("cannot read the privacy masks")?;
    let range = TimeRange { start: arguments.from, end: arguments.to };
    let is_second_needed = config.needs_second(&arguments.cameras, range, arguments.masks, &masks);
    let approved = approved(arguments, is_second_needed, &operator, exported)?;
    let order = Order {
        cameras: arguments.cameras.clone(),
        role: arguments.stream,
        range,
        purpose: Purpose {
            case: arguments.case.clone(),
            reason: arguments.reason.clone(),
            legal_basis: arguments.legal_basis.clone(),
        },
        purpose_id: None,
        operator,
        approved,
        exported,
        with_stills: !arguments.no_stills,
        masking: arguments.masks,
        package: out.file_name().unwrap_or(out.as_os_str()).to_string_lossy().into_owned(),
    };
    let origin = Origin { config: &config, index: &index, key: &key };
    let partial = PathBuf::from(format!("{}.part", out.display()));
    let sealed = write(&origin, &order, &mut custody, &partial, passphrase.as_ref(), out);
    if sealed.is_err() {
        // What was begun is of no use, and its name would be in the way.
        let _ = std::fs::remove_file(&partial);
    }
    let sealed = sealed?;
    for warning in &sealed.warnings {
        eprintln!("warning: {warning}");
    }
    say(arguments, &sealed)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the package beside its place, and moves it there when it is whole and on disk.
fn write(
    origin: &Origin<'_>,
    order: &Order,
    custody: &mut Custody,
    partial: &Path,
    passphrase: Option<&Passphrase>,
    out: &Path,
) -> anyhow::Result<Sealed> {
    let writing = || format!("cannot write {}", partial.display());
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(partial)
        .with_context(writing)?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{spinner} {bar:40} {bytes}/{total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let (file, sealed) = export::seal(origin, order, custody, file, &mut progress)?;
    bar.finish_and_clear();
    file.sync_all().with_context(writing)?;
    drop(file);
    if let Some(passphrase) = passphrase {
        put_under(passphrase, partial, out)?;
    }
    std::fs::rename(partial, out).with_context(|| format!("cannot write {}", out.display()))?;
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())?;
    Ok(sealed)
}

/// Returns the second person, where the site's policy wants one.
fn approved(
    arguments: &Arguments,
    is_needed: bool,
    operator: &AccountName,
    at: Timestamp,
) -> anyhow::Result<Option<ApprovalCard>> {
    match &arguments.second {
        Some(second) if second == operator => {
            bail!("--second names {second}, who exports it: a second person must agree")
        }
        None if is_needed => bail!(
            "the site's policy ([export] second_person) wants a second person for these cameras: \
             order it in the console, or name who agreed by --second"
        ),
        second => Ok(second.clone().map(|by| ApprovalCard { by, at })),
    }
}

/// Reads a passphrase: the first line of a file.
pub(super) fn read_passphrase(path: &Path) -> anyhow::Result<Passphrase> {
    let reading = || format!("cannot read a passphrase from {}", path.display());
    let text = std::fs::read_to_string(path).with_context(reading)?;
    Passphrase::new(text.lines().next().unwrap_or_default()).with_context(reading)
}

/// Replaces the package at `partial` by one that `passphrase` opens.
fn put_under(passphrase: &Passphrase, partial: &Path, out: &Path) -> anyhow::Result<()> {
    let locked = PathBuf::from(format!("{}.locked", out.display()));
    let writing = || format!("cannot write {}", locked.display());
    let name = out.file_name().unwrap_or(out.as_os_str()).to_string_lossy();
    let mut package = BufReader::new(File::open(partial)?);
    let file = File::create(&locked).with_context(writing)?;
    let made = protect(&mut package, &name, passphrase, file)
        .map_err(anyhow::Error::from)
        .and_then(|file| Ok(file.sync_all()?))
        .and_then(|()| Ok(std::fs::rename(&locked, partial)?));
    made.with_context(writing).inspect_err(|_| {
        let _ = std::fs::remove_file(&locked);
    })
}

fn say(arguments: &Arguments, sealed: &Sealed) -> anyhow::Result<()> {
    let manifest = &sealed.manifest;
    let out = arguments.out.display();
    if arguments.json {
        super::print_json(&serde_json::json!({
            "file": arguments.out, "manifest": manifest, "warnings": sealed.warnings,
        }))?;
        return Ok(());
    }
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let segments = manifest.clips.iter().flat_map(|clip| &clip.segments);
    let (all, same) =
        segments.fold((0, 0), |(all, same), card| (all + 1, same + usize::from(card.rehashed)));
    eprintln!(
        "{out}: {} clips, {} events, {} stills, {bytes} bytes; {same} of {all} recorded files are as \
         they were when they were closed; {} gaps; for case {}, by {}",
        manifest.clips.len(),
        manifest.events.count,
        manifest.events.stills.len(),
        manifest.gaps.len(),
        manifest.purpose.case,
        manifest.operator,
    );
    eprintln!("sealed by key {}", manifest.key);
    eprintln!("check it by: watchpost verify {out} --key {}", manifest.key);
    Ok(())
}
