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
use std::process::Command;

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
/// wider than `columns`.
pub fn pictures(clip: &Path, rate: f32, limit: usize, columns: usize) -> Vec<Picture> {
    let size = |probe: &str| probe.trim().parse::<usize>().unwrap();
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
        .args(["-show_entries", "stream=width,height"])
        .arg(clip)
        .output()
        .unwrap();
    let text = String::from_utf8(probe.stdout).unwrap();
    let mut sides = text.lines().next().unwrap().split(',');
    let (width, height) = (size(sides.next().unwrap()), size(sides.next().unwrap()));
    let (width, height) = if width > columns {
        (columns, (height * columns / width).next_multiple_of(2))
    } else {
        (width, height)
    };
    let raw = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-threads", "1", "-i"])
        .arg(clip)
        .args(["-vf", &format!("fps={rate},scale={width}:{height}")])
        .args(["-frames:v", &limit.to_string()])
        .args(["-pix_fmt", "yuv420p", "-f", "rawvideo", "-"])
        .output()
        .unwrap()
        .stdout;
    let half = width.div_ceil(2) * height.div_ceil(2);
    raw.chunks_exact(width * height + 2 * half)
        .map(|bytes| {
            let (luma, chroma) = bytes.split_at(width * height);
            let (blue, red) = chroma.split_at(half);
            picture(width, height, luma, blue, red)
        })
        .collect()
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
