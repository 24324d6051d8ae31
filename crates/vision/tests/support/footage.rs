//! Pictures of footage that lies beside the checkout, where it does, and ways to spoil them.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "a module of tests")]
#![allow(dead_code, reason = "each test file uses its own share")]
#![allow(clippy::print_stdout, reason = "says what is left out, and why")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel arithmetic"
)]

use std::path::{Path, PathBuf};

use vision::{Colour, Picture, Plane};

/// The folder of footage beside the checkout, or `None`, said aloud.
pub fn folder() -> Option<PathBuf> {
    let beside = super::root().join("../shared/data/footage");
    if beside.is_dir() {
        return Some(beside);
    }
    println!("{} is absent: this part is left out", beside.display());
    None
}

/// Every clip of a folder, by name.
pub fn clips(folder: &Path) -> Vec<PathBuf> {
    let is_clip = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "mp4" || extension == "avi")
    };
    let mut clips: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(is_clip)
        .collect();
    clips.sort();
    clips
}

/// Decodes at most `limit` pictures of a clip with ffmpeg, `rate` a second, made smaller if they are
/// wider than `columns`. They are kept: starting ffmpeg costs more than such a short clip does.
pub fn pictures(clip: &Path, rate: f32, limit: usize, columns: usize) -> Vec<Picture> {
    let smaller = format!(
        "scale='min(iw,{columns})':'if(gt(iw,{columns}),2*ceil(trunc(ih*{columns}/iw)/2),ih)'"
    );
    let kept = fixtures::clip(
        "y4m",
        &[
            "-threads",
            "1",
            "-i",
            clip.to_str().unwrap(),
            "-vf",
            &format!("fps={rate},{smaller}"),
            "-frames:v",
            &limit.to_string(),
            "-pix_fmt",
            "yuv420p",
        ],
    );
    planes(&std::fs::read(kept).unwrap())
}

/// Reads a YUV4MPEG2 file of 4:2:0: a line that gives the size, then a line and three planes for
/// each picture.
fn planes(file: &[u8]) -> Vec<Picture> {
    let line_of = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (head, mut rest) = file.split_at(line_of(file));
    let side = |letter: char| {
        let mut words = std::str::from_utf8(head).unwrap().split_whitespace();
        words.find_map(|word| word.strip_prefix(letter)?.parse::<usize>().ok()).unwrap()
    };
    let (width, height) = (side('W'), side('H'));
    let half = width.div_ceil(2) * height.div_ceil(2);
    let mut pictures = Vec::new();
    while !rest.is_empty() {
        let (luma, chroma) = rest[line_of(rest)..].split_at(width * height);
        let (blue, others) = chroma.split_at(half);
        let (red, next) = others.split_at(half);
        pictures.push(picture(width, height, luma, blue, red));
        rest = next;
    }
    pictures
}

/// A picture of three planes without padding.
pub fn picture(width: usize, height: usize, luma: &[u8], blue: &[u8], red: &[u8]) -> Picture {
    let chroma = |data| Plane { data, stride: width.div_ceil(2) };
    let planes = [Plane { data: luma, stride: width }, chroma(blue), chroma(red)];
    Picture::copy_from(width, height, Colour::default(), planes).unwrap()
}

/// The same picture with other luma, given by column, row and what was there.
pub fn repainted(of: &Picture, paint: impl Fn(usize, usize, u8) -> u8) -> Picture {
    let (width, height) = (of.width(), of.height());
    let luma: Vec<u8> = of
        .luma()
        .iter()
        .enumerate()
        .map(|(index, &luma)| paint(index % width, index / width, luma))
        .collect();
    let (blue, red) = of.chroma();
    picture(width, height, &luma, blue, red)
}

/// Blurs luma three times over `2 * reach + 1` pixels either way: near enough a Gaussian of
/// `reach + 0.5` pixels.
pub fn blurred(of: &Picture, reach: usize) -> Picture {
    let (width, height) = (of.width(), of.height());
    let mut luma = of.luma().to_vec();
    for _ in 0..3 {
        for row in luma.chunks_exact_mut(width) {
            smooth(row, reach);
        }
        let mut column = vec![0; height];
        for x in 0..width {
            (0..height).for_each(|y| column[y] = luma[y * width + x]);
            smooth(&mut column, reach);
            (0..height).for_each(|y| luma[y * width + x] = column[y]);
        }
    }
    repainted(of, |x, y, _| luma[y * width + x])
}

fn smooth(line: &mut [u8], reach: usize) {
    let before = line.to_vec();
    let at = |index: isize| u32::from(before[index.clamp(0, before.len() as isize - 1) as usize]);
    let reach = reach as isize;
    let mut sum: u32 = (-reach..=reach).map(at).sum();
    for (index, pixel) in line.iter_mut().enumerate() {
        *pixel = (sum / (2 * reach as u32 + 1)) as u8;
        sum += at(index as isize + reach + 1);
        sum -= at(index as isize - reach);
    }
}

/// The view through another lens or from another angle: each pixel is taken from where `from` says,
/// in shares of the picture about its middle.
pub fn warped(of: &Picture, from: impl Fn(f32, f32) -> (f32, f32)) -> Picture {
    let (width, height) = (of.width(), of.height());
    let luma = of.luma();
    let place = |share: f32, length: usize| {
        (((share + 0.5) * length as f32).max(0.0) as usize).min(length - 1)
    };
    repainted(of, |x, y, _| {
        let share = |at: usize, length: usize| (at as f32 + 0.5) / length as f32 - 0.5;
        let (across, down) = from(share(x, width), share(y, height));
        luma[place(down, height) * width + place(across, width)]
    })
}
