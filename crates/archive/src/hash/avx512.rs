//! The compression function of SHA-256 (FIPS 180-4 §6.2.2) on sixteen messages at once, one in
//! each 32-bit lane of AVX-512.

#![allow(unsafe_code, reason = "vector loads and stores, and calling what the CPU was asked for")]

use std::arch::x86_64::*;

use super::{BLOCK_BYTES, State};

/// Messages that are hashed at once.
pub(super) const LANES: usize = 16;

/// The constants of FIPS 180-4 §4.2.2.
#[rustfmt::skip]
const K: [[u32; 16]; 4] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
     0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
     0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
     0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
     0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

/// Tables of `vpternlog`: the three-way XOR, and the functions Ch and Maj of FIPS 180-4 §4.1.2.
const XOR: i32 = 0x96;
const CH: i32 = 0xca;
const MAJ: i32 = 0xe8;

/// Shows that this CPU has what it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// Asks the CPU.
    pub(super) fn detect() -> Option<Self> {
        let is_here = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        is_here.then_some(Self(()))
    }

    /// Takes the blocks of each lane into its state; all lanes have equally many.
    pub(super) fn compress(
        self,
        states: &mut [State; LANES],
        blocks: &[&[[u8; BLOCK_BYTES]]; LANES],
    ) {
        debug_assert!(blocks.iter().all(|lane| lane.len() == blocks[0].len()), "equally many");
        // SAFETY: `self` was made by `detect`, so the CPU has both features.
        unsafe { compress(states, blocks) }
    }
}

/// Eight or sixteen words, each of sixteen messages.
type Words<const COUNT: usize> = [__m512i; COUNT];

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(states: &mut [State; LANES], blocks: &[&[[u8; BLOCK_BYTES]]; LANES]) {
    let mut state: Words<8> = std::array::from_fn(|word| {
        let row: [u32; LANES] = std::array::from_fn(|lane| states[lane][word]);
        // SAFETY: the array is as large as the vector, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
    });
    let count = blocks.iter().map(|lane| lane.len()).min().unwrap_or(0);
    for number in 0..count {
        let mut message = load(&blocks.each_ref().map(|lane| &lane[number]));
        let before = state;
        for (group, constants) in K.iter().enumerate() {
            rounds(&mut state, &mut message, constants, group + 1 < K.len());
        }
        for (word, before) in state.iter_mut().zip(before) {
            *word = _mm512_add_epi32(*word, before);
        }
    }
    for (word, vector) in state.into_iter().enumerate() {
        let mut row = [0_u32; LANES];
        // SAFETY: the array is as large as the vector, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), vector) };
        for (state, value) in states.iter_mut().zip(row) {
            state[word] = value;
        }
    }
}

/// Reads a block of each message: the matrix of 16 messages × 16 big-endian words, transposed.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load(blocks: &[&[u8; BLOCK_BYTES]; LANES]) -> Words<16> {
    let big_endian =
        _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    let rows: Words<16> = std::array::from_fn(|lane| {
        // SAFETY: a block is as large as the vector, and the load needs no alignment.
        let row = unsafe { _mm512_loadu_si512(blocks[lane].as_ptr().cast()) };
        _mm512_shuffle_epi8(row, big_endian)
    });
    // First 4 × 4 within the 128-bit quarters of four rows each, then the quarters.
    let mut fours = rows;
    for four in 0..4 {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| rows[4 * four + row]);
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        fours[4 * four] = _mm512_unpacklo_epi64(ab_low, cd_low);
        fours[4 * four + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
        fours[4 * four + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
        fours[4 * four + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    let mut words = fours;
    for word in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|four| fours[four + word]);
        let ab_first = _mm512_shuffle_i32x4::<0b01_00_01_00>(a, b);
        let ab_last = _mm512_shuffle_i32x4::<0b11_10_11_10>(a, b);
        let cd_first = _mm512_shuffle_i32x4::<0b01_00_01_00>(c, d);
        let cd_last = _mm512_shuffle_i32x4::<0b11_10_11_10>(c, d);
        words[word] = _mm512_shuffle_i32x4::<0b10_00_10_00>(ab_first, cd_first);
        words[4 + word] = _mm512_shuffle_i32x4::<0b11_01_11_01>(ab_first, cd_first);
        words[8 + word] = _mm512_shuffle_i32x4::<0b10_00_10_00>(ab_last, cd_last);
        words[12 + word] = _mm512_shuffle_i32x4::<0b11_01_11_01>(ab_last, cd_last);
    }
    words
}

/// Sixteen rounds. Leaves the words of the next sixteen in `message` if there are more.
#[inline]
#[target_feature(enable = "avx512f")]
fn rounds(state: &mut Words<8>, message: &mut Words<16>, constants: &[u32; 16], has_more: bool) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for t in 0..16 {
        let constant = _mm512_set1_epi32(constants[t].cast_signed());
        let sum = _mm512_add_epi32(h, _mm512_add_epi32(message[t], constant));
        let choice = _mm512_ternarylogic_epi32::<CH>(e, f, g);
        let first = _mm512_add_epi32(_mm512_add_epi32(sum, choice), xor_of_turns::<6, 11, 25>(e));
        let majority = _mm512_ternarylogic_epi32::<MAJ>(a, b, c);
        let second = _mm512_add_epi32(majority, xor_of_turns::<2, 13, 22>(a));
        (h, g, f, e) = (g, f, e, _mm512_add_epi32(d, first));
        (d, c, b, a) = (c, b, a, _mm512_add_epi32(first, second));
        if has_more {
            let (one, nine, fourteen) = (t + 1, t + 9, t + 14);
            let (after, late) = (message[one % 16], message[fourteen % 16]);
            let low = xor_of_turns_and_shift::<7, 18, 3>(after);
            let high = xor_of_turns_and_shift::<17, 19, 10>(late);
            let kept = _mm512_add_epi32(message[t], message[nine % 16]);
            message[t] = _mm512_add_epi32(kept, _mm512_add_epi32(low, high));
        }
    }
    *state = [a, b, c, d, e, f, g, h];
}

/// The functions Σ.
#[inline]
#[target_feature(enable = "avx512f")]
fn xor_of_turns<const X: i32, const Y: i32, const Z: i32>(word: __m512i) -> __m512i {
    let (x, y) = (_mm512_ror_epi32::<X>(word), _mm512_ror_epi32::<Y>(word));
    _mm512_ternarylogic_epi32::<XOR>(x, y, _mm512_ror_epi32::<Z>(word))
}

/// The functions σ.
#[inline]
#[target_feature(enable = "avx512f")]
fn xor_of_turns_and_shift<const X: i32, const Y: i32, const SHIFT: u32>(word: __m512i) -> __m512i {
    let (x, y) = (_mm512_ror_epi32::<X>(word), _mm512_ror_epi32::<Y>(word));
    _mm512_ternarylogic_epi32::<XOR>(x, y, _mm512_srli_epi32::<SHIFT>(word))
}
