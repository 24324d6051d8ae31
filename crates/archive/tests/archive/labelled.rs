//! What a clip that leaves the site says of itself, read by a reader made from the ONVIF Export File
//! Format Specification 26.06 and ETSI TS 126 244 §8.13, not from our writer.

use archive::ExportLabel;
use archive::clip::Clip;
use domain::{Location, TimeRange, Timestamp};

use crate::support::{Camera, START, Site, close, folder};

/// A box: its type and what it holds.
type Box<'a> = ([u8; 4], &'a [u8]);

/// Takes a file or the inside of a container apart.
fn boxes(mut bytes: &[u8]) -> Vec<Box<'_>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let short = u32::from_be_bytes(bytes[..4].try_into().unwrap());
        let (head, size) = match short {
            1 => (16, usize::try_from(u64::from_be_bytes(bytes[8..16].try_into().unwrap()))),
            size => (8, usize::try_from(size)),
        };
        let (this, rest) = bytes.split_at(size.unwrap());
        found.push((this[4..8].try_into().unwrap(), &this[head..]));
        bytes = rest;
    }
    found
}

fn the<'a>(all: &[Box<'a>], kind: &[u8; 4]) -> &'a [u8] {
    let mut of_kind = all.iter().filter(|(found, _)| found == kind);
    let (_, inside) = of_kind.next().unwrap();
    assert!(of_kind.next().is_none(), "exactly one {}", String::from_utf8_lossy(kind));
    inside
}

/// Reads the fields of a box one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_at(N);
        self.0 = rest;
        taken.try_into().unwrap()
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }

    fn degrees(&mut self) -> f64 {
        f64::from(i32::from_be_bytes(self.bytes())) / 65_536.0
    }

    fn string(&mut self) -> &'a str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap();
        let text = std::str::from_utf8(&self.0[..end]).unwrap();
        self.0 = &self.0[end + 1..];
        text
    }

    fn end(self) {
        assert!(self.0.is_empty(), "{} bytes too many", self.0.len());
    }
}

fn all_of(clip: &Clip) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(clip.len()).unwrap()];
    assert_eq!(clip.read(0, &mut bytes).unwrap(), bytes.len());
    bytes
}

#[test]
fn a_clip_that_leaves_the_site_says_who_when_and_where() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(50).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    // From the middle of a GOP: the media timeline begins before, with its keyframe.
    let start = Timestamp::from_micros(START.as_micros() + 280_000);
    let range = TimeRange { start, end: Timestamp::from_micros(START.as_micros() + 1_000_000) };
    let exported: Timestamp = "2026-03-02T08:00:00.5Z".parse().unwrap();
    let label = ExportLabel {
        unit: "watchpost 0.1.0, Hoàn Kiếm".to_owned(),
        operator: "lan".to_owned(),
        time: exported,
        source: "Tràng Tiền".to_owned(),
        location: Location::new(21.024_5, 105.857_4).ok(),
    };
    let clip = Clip::labelled(site.footage(), range, &label).unwrap();
    let origin = clip.range().start;
    assert_eq!(origin.as_micros(), START.as_micros() + 200_000);
    let file = all_of(&clip);
    let file = boxes(&file);

    let meta = the(&file, b"meta");
    assert_eq!(meta[..4], [0; 4], "meta is a full box");
    let meta = boxes(&meta[4..]);
    assert_eq!(&meta[0].0, b"hdlr", "the handler comes first (ISO/IEC 14496-12 §8.11.1)");

    let mut suep = Fields(the(&meta, b"suep"));
    assert_eq!(suep.u32(), 0x0100_0000, "version 1");
    assert_eq!(suep.string(), "watchpost 0.1.0, Hoàn Kiếm");
    assert_eq!((suep.string(), suep.string()), ("", ""));
    let since_1904 = exported.as_micros() / 1_000_000 + 2_082_844_800;
    assert_eq!(i64::try_from(suep.u64()).unwrap(), since_1904);
    assert_eq!(suep.string(), "lan");
    assert_eq!((suep.u32(), suep.u16()), (1, 1), "one track, the first");
    assert_eq!(suep.string(), "Tràng Tiền");
    assert_eq!((suep.string(), suep.string(), suep.string()), ("", "", ""));
    suep.end();

    let mut cstb = Fields(the(&meta, b"cstb"));
    assert_eq!((cstb.u32(), cstb.u32()), (1, 1));
    let unix_100ns = i64::try_from(cstb.u64()).unwrap() - 11_644_473_600 * 10_000_000;
    assert_eq!(unix_100ns, origin.as_micros() * 10);
    cstb.end();

    let moov = boxes(the(&file, b"moov"));
    let mut loci = Fields(the(&boxes(the(&moov, b"udta")), b"loci"));
    assert_eq!(loci.u32(), 0);
    loci.u16();
    assert_eq!(loci.string(), "Tràng Tiền");
    assert_eq!(loci.bytes::<1>(), [1], "a real location");
    let (lon, lat) = (loci.degrees(), loci.degrees());
    assert!((lon - 105.857_4).abs() < 1e-5 && (lat - 21.024_5).abs() < 1e-5, "{lon} {lat}");
    assert_eq!(loci.u32(), 0);
    assert_eq!((loci.string(), loci.string()), ("earth", ""));
    loci.end();
}

#[test]
fn a_label_changes_no_picture_and_a_zero_in_a_name_ends_nothing() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(50).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let label = ExportLabel {
        unit: String::new(),
        operator: "l\0an".to_owned(),
        time: START,
        source: String::new(),
        location: None,
    };
    let labelled = all_of(&Clip::labelled(site.footage(), TimeRange::ALL, &label).unwrap());
    let plain = all_of(&Clip::new(site.footage(), TimeRange::ALL).unwrap());
    assert_eq!(the(&boxes(&labelled), b"mdat"), the(&boxes(&plain), b"mdat"));
    let meta = the(&boxes(&labelled), b"meta");
    let mut suep = Fields(the(&boxes(&meta[4..]), b"suep"));
    suep.u32();
    suep.string();
    suep.string();
    suep.string();
    suep.u64();
    assert_eq!(suep.string(), "lan");
    let moov = boxes(the(&boxes(&labelled), b"moov")).iter().any(|(kind, _)| kind == b"udta");
    assert!(!moov, "where a camera stands is said only if it is known");
}
