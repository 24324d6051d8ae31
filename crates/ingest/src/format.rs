//! What a decoder must know, as retina learned it from SDP and parameter sets.

use bytes::Bytes;
use domain::{Codec, VideoFormat};
use retina::codec::{ParametersRef, VideoParameters};

/// Builds the format, or nothing as long as the parameter sets are not known or not whole.
pub(crate) fn video_format(
    codec: Codec,
    parameters: Option<ParametersRef<'_>>,
) -> Option<VideoFormat> {
    let Some(ParametersRef::Video(video)) = parameters else {
        return None;
    };
    let (width, height) = video.pixel_dimensions();
    let mut sample_entry = video.mp4_sample_entry();
    if let Some(ratio) = pixel_aspect_ratio(video) {
        sample_entry = sample_entry.with_aspect_ratio(ratio);
    }
    Some(VideoFormat {
        codec,
        width,
        height,
        sample_entry: Bytes::from(sample_entry.build().ok()?),
        codec_data: Bytes::copy_from_slice(video.extra_data()),
        rfc6381: video.rfc6381_codec().to_owned(),
    })
}

/// Returns `format` with another decoder configuration record in its sample entry; `None`: it is not
/// as retina writes one.
pub(crate) fn with_record(format: &VideoFormat, record: Vec<u8>) -> Option<VideoFormat> {
    /// `VisualSampleEntry` with its box header (ISO/IEC 14496-12 §8.5.2, §12.1.3).
    const BEFORE_CHILDREN: usize = 8 + 78;
    const BOX_HEADER: usize = 8;
    let (before, children) = format.sample_entry.split_at_checked(BEFORE_CHILDREN)?;
    // The record's box comes first; behind it may stand the shape of a pixel.
    let (old, behind) = children.split_at_checked(BOX_HEADER + format.codec_data.len())?;
    let name = old.get(4..BOX_HEADER)?;
    if old.get(BOX_HEADER..)? != format.codec_data {
        return None;
    }
    let mut entry = Vec::with_capacity(format.sample_entry.len() + record.len());
    entry.extend_from_slice(before);
    entry.extend_from_slice(&u32::try_from(BOX_HEADER + record.len()).ok()?.to_be_bytes());
    entry.extend_from_slice(name);
    entry.extend_from_slice(&record);
    entry.extend_from_slice(behind);
    let size = u32::try_from(entry.len()).ok()?;
    entry.get_mut(..4)?.copy_from_slice(&size.to_be_bytes());
    Some(VideoFormat { sample_entry: entry.into(), codec_data: record.into(), ..format.clone() })
}

/// Returns the shape of a pixel where it is not square: sub streams are often squeezed.
fn pixel_aspect_ratio(video: &VideoParameters) -> Option<(u16, u16)> {
    let (horizontal, vertical) = video.pixel_aspect_ratio()?;
    let ratio = (u16::try_from(horizontal).ok()?, u16::try_from(vertical).ok()?);
    (ratio.0 != ratio.1 && ratio.0 != 0 && ratio.1 != 0).then_some(ratio)
}
