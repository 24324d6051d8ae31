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

/// Returns the shape of a pixel where it is not square: sub streams are often squeezed.
fn pixel_aspect_ratio(video: &VideoParameters) -> Option<(u16, u16)> {
    let (horizontal, vertical) = video.pixel_aspect_ratio()?;
    let ratio = (u16::try_from(horizontal).ok()?, u16::try_from(vertical).ok()?);
    (ratio.0 != ratio.1 && ratio.0 != 0 && ratio.1 != 0).then_some(ratio)
}
