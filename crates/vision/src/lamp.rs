//! What traffic signals show: the brightness and the hue of each lamp against its neighbours.
//!
//! A lamp is lit when the brightest part of its box stands out from the darkest lamp of the same
//! signal, as much as it does as a rule, and when its colour differs from that one's towards its own.
//! All dark, glare over all lamps, and something of one colour before them make no difference
//! between lamps, so nothing is lit and the aspect is unknown. An aspect must be read twice.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; coordinates are clamped to the picture before they are cast"
)]

use std::time::Duration;

use domain::{Bbox, Timestamp};

use crate::picture::Picture;

/// Least difference between a lit lamp and a dark one, in luma and strength of colour together: in
/// the sun a dark amber lens is as bright as a lit red one, but pale.
const LEAST_CONTRAST: f32 = 24.0;
/// Share of the learnt contrast that a lit lamp must have, and of that of the brightest lamp.
const OF_USUAL: f32 = 0.4;
const OF_BRIGHTEST: f32 = 0.5;
/// Least difference of chroma between a lit lamp and a dark one.
const LEAST_CHROMA: f32 = 8.0;
/// Share of a box's pixels, the brightest, that are its brightness: the lamp may tremble in it.
const BRIGHT_SHARE: usize = 4;
/// Rim of a box that is left out, as a share of its side: the sky may show beside a trembling lamp.
const RIM: f32 = 0.1;
/// Smallest side of a lamp in pixels.
const LEAST_SIDE: usize = 3;
/// Pixels looked at along a side of a lamp, about.
const SAMPLES: usize = 24;
/// How fast the usual contrast follows, and fades while nothing is known, per picture.
const FOLLOW: f32 = 0.05;
const FADE: f32 = 0.995;
/// Readings that agree before they are believed.
const CONFIRM: u32 = 2;
/// Amber that goes out for less than this is flashing.
const FLASH: Duration = Duration::from_millis(1200);

/// What a signal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Stop; also red and amber together.
    Red,
    /// Amber alone, steady or flashing.
    Amber,
    /// Go.
    Green,
    /// Cannot be told.
    Unknown,
}

/// Where a signal's lamps are on the view; a lamp that it lacks or that is not seen is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Lamps {
    /// Names the signal among those of its camera.
    pub signal: String,
    /// Box close around the red lamp.
    pub red: Option<Bbox>,
    /// Box close around the amber lamp.
    pub amber: Option<Bbox>,
    /// Box close around the green lamp.
    pub green: Option<Bbox>,
}

/// What a signal shows at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LampReading {
    /// Names the signal.
    pub signal: String,
    /// What it shows.
    pub aspect: Aspect,
    /// When it was first seen to show that, by the camera's clock.
    pub since: Timestamp,
}

/// Reads the signals of one camera; owned by the thread that decodes it.
#[derive(Debug)]
pub struct LampReader {
    signals: Vec<Signal>,
}

#[derive(Debug)]
struct Signal {
    name: String,
    lamps: Vec<Lamp>,
    shown: Aspect,
    since: Timestamp,
    /// Another aspect that was read, since when, and how often in a row.
    next: Option<(Aspect, Timestamp, u32)>,
}

#[derive(Debug)]
struct Lamp {
    colour: Aspect,
    bbox: Bbox,
    /// Contrast it has as a rule when lit; 0 when not learnt.
    usual: f32,
}

/// How a lamp or its surroundings look.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Luma of the brightest part.
    bright: f32,
    /// Mean Cb and Cr, less 128.
    chroma: [f32; 2],
}

impl LampReader {
    /// Begins to read `signals`.
    pub fn new(signals: &[Lamps]) -> Self {
        Self { signals: signals.iter().map(Signal::new).collect() }
    }

    /// Reads every signal in a picture, masks already painted, in the order they were given.
    pub fn read(&mut self, time: Timestamp, picture: &Picture) -> Vec<LampReading> {
        let read = |signal: &mut Signal| {
            let aspect = signal.look(picture);
            signal.believe(time, aspect);
            LampReading { signal: signal.name.clone(), aspect: signal.shown, since: signal.since }
        };
        self.signals.iter_mut().map(read).collect()
    }
}

impl Signal {
    fn new(lamps: &Lamps) -> Self {
        let all =
            [(Aspect::Red, lamps.red), (Aspect::Amber, lamps.amber), (Aspect::Green, lamps.green)];
        let lamp =
            |(colour, bbox): (Aspect, Option<Bbox>)| Some(Lamp { colour, bbox: bbox?, usual: 0.0 });
        Self {
            name: lamps.signal.clone(),
            lamps: all.into_iter().filter_map(lamp).collect(),
            shown: Aspect::Unknown,
            since: Timestamp::MIN,
            next: None,
        }
    }

    /// Returns what one picture shows.
    fn look(&mut self, picture: &Picture) -> Aspect {
        let looks: Option<Vec<Look>> =
            self.lamps.iter().map(|lamp| Look::at(picture, &lamp.bbox)).collect();
        let Some(looks) = looks else { return Aspect::Unknown };
        let dark = match looks.as_slice() {
            [] => return Aspect::Unknown,
            // A lamp alone has its surroundings to stand out from.
            [_] => match Look::at(picture, &around(&self.lamps[0].bbox)) {
                Some(surroundings) => surroundings,
                None => return Aspect::Unknown,
            },
            several => several.iter().copied().fold(several[0], Look::paler),
        };
        let contrasts: Vec<f32> = looks.iter().map(|look| look.vivid() - dark.vivid()).collect();
        let brightest = contrasts.iter().copied().fold(0.0, f32::max);
        let is_lit: Vec<bool> = (0..looks.len())
            .map(|index| {
                let (lamp, contrast) = (&self.lamps[index], contrasts[index]);
                contrast >= LEAST_CONTRAST.max(OF_USUAL * lamp.usual)
                    && contrast >= OF_BRIGHTEST * brightest
                    && has_hue(lamp.colour, looks[index].chroma_against(&dark))
            })
            .collect();
        for ((lamp, is_lit), contrast) in self.lamps.iter_mut().zip(&is_lit).zip(&contrasts) {
            if *is_lit && lamp.usual > 0.0 {
                lamp.usual += (contrast - lamp.usual) * FOLLOW;
            } else if *is_lit {
                lamp.usual = *contrast;
            } else {
                lamp.usual *= FADE;
            }
        }
        let lit = |colour: Aspect| {
            self.lamps.iter().zip(&is_lit).any(|(lamp, is_lit)| lamp.colour == colour && *is_lit)
        };
        // Whatever is neither lit nor dark lets nothing be said: glare, or half covered.
        let is_clear = is_lit
            .iter()
            .zip(&contrasts)
            .all(|(is_lit, contrast)| *is_lit || *contrast < 0.7 * brightest);
        match (lit(Aspect::Red), lit(Aspect::Amber), lit(Aspect::Green)) {
            _ if !is_clear => Aspect::Unknown,
            (true, _, false) => Aspect::Red,
            (false, true, false) => Aspect::Amber,
            (false, false, true) => Aspect::Green,
            _ => Aspect::Unknown,
        }
    }

    /// Takes over an aspect that was read often enough.
    fn believe(&mut self, time: Timestamp, aspect: Aspect) {
        if aspect == self.shown {
            self.next = None;
            return;
        }
        let (since, times) = match self.next {
            Some((next, since, times)) if next == aspect => (since, times + 1),
            _ => (time, 1),
        };
        self.next = Some((aspect, since, times));
        let may_flash = self.shown == Aspect::Amber && aspect == Aspect::Unknown;
        if times >= CONFIRM && !(may_flash && time.since(since) < FLASH) {
            (self.shown, self.since, self.next) = (aspect, since, None);
        }
    }
}

impl Look {
    /// Looks at a box; `None` when it is too small or lies outside.
    fn at(picture: &Picture, bbox: &Bbox) -> Option<Self> {
        let (columns, rows) = (picture.width(), picture.height());
        let inner = |from: f32, side: f32, length: usize| {
            let place = |share: f32| (share.clamp(0.0, 1.0) * length as f32).round() as usize;
            (place(from + RIM * side), place(from + side - RIM * side))
        };
        let (left, right) = inner(bbox.left, bbox.width, columns);
        let (top, bottom) = inner(bbox.top, bbox.height, rows);
        if right < left + LEAST_SIDE || bottom < top + LEAST_SIDE {
            return None;
        }
        let step = ((right - left).min(bottom - top) / SAMPLES).max(1);
        let mut luma: Vec<u8> = Vec::new();
        for row in (top..bottom).step_by(step) {
            let line = &picture.luma()[row * columns + left..row * columns + right];
            luma.extend(line.iter().step_by(step));
        }
        let from = luma.len() - (luma.len() / BRIGHT_SHARE).max(1);
        luma.select_nth_unstable(from);
        let bright = &luma[from..];
        let bright = bright.iter().map(|luma| f32::from(*luma)).sum::<f32>() / bright.len() as f32;
        Some(Self { bright, chroma: mean_chroma(picture, [left, top, right, bottom]) })
    }

    /// Brightness and strength of colour together.
    fn vivid(&self) -> f32 {
        self.bright + self.chroma[0].hypot(self.chroma[1])
    }

    fn paler(self, other: Self) -> Self {
        if other.vivid() < self.vivid() { other } else { self }
    }

    fn chroma_against(&self, dark: &Self) -> [f32; 2] {
        [self.chroma[0] - dark.chroma[0], self.chroma[1] - dark.chroma[1]]
    }
}

fn mean_chroma(picture: &Picture, [left, top, right, bottom]: [usize; 4]) -> [f32; 2] {
    let (columns, _) = picture.chroma_size();
    let (blue, red) = picture.chroma();
    let (mut sums, mut count) = ([0.0_f32; 2], 0.0_f32);
    for row in top / 2..bottom.div_ceil(2) {
        let line = row * columns + left / 2..row * columns + right.div_ceil(2);
        for (blue, red) in blue[line.clone()].iter().zip(&red[line]) {
            sums[0] += f32::from(*blue) - 128.0;
            sums[1] += f32::from(*red) - 128.0;
            count += 1.0;
        }
    }
    sums.map(|sum| sum / count.max(1.0))
}

/// A box about three times as large around another.
fn around(bbox: &Bbox) -> Bbox {
    Bbox {
        left: bbox.left - bbox.width,
        top: bbox.top + bbox.height,
        width: 3.0 * bbox.width,
        height: bbox.height,
    }
}

/// Returns whether a difference of chroma goes towards a lamp's colour. In the plane of Cb and Cr
/// pure red lies at 109 degrees, amber at 120 to 150, and green, from yellowish to bluish, at 220
/// to 285; lamps are seldom pure, and red ones often look orange.
fn has_hue(colour: Aspect, [blue, red]: [f32; 2]) -> bool {
    if blue.hypot(red) < LEAST_CHROMA {
        return false;
    }
    let degrees = red.atan2(blue).to_degrees().rem_euclid(360.0);
    match colour {
        Aspect::Red => (70.0..155.0).contains(&degrees),
        Aspect::Amber => (95.0..200.0).contains(&degrees),
        Aspect::Green => (200.0..325.0).contains(&degrees),
        Aspect::Unknown => false,
    }
}
