//! Asks a time-stamp authority (RFC 3161) over HTTP, as §3.4 has it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use evidence::time_stamp::StampRequest;
use url::Url;

/// An authority that takes longer is out of reach.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// No answer with a chain of certificates is larger.
const MOST_BYTES: usize = 256 << 10;

/// Returns the authority's answer for `bytes`, once it is one. Blocks; not for a thread that does I/O.
pub(super) fn ask(authority: &Url, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let request = StampRequest::new(bytes)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(post(authority, request.der.clone()))?;
    request.answered(&answer)?;
    Ok(answer)
}

async fn post(authority: &Url, query: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let asked = client.post(authority.clone());
    let asked = asked.header("content-type", "application/timestamp-query").body(query);
    let mut response = asked.send().await.context("it cannot be reached")?;
    if !response.status().is_success() {
        bail!("it answers {}", response.status());
    }
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.context("its answer breaks off")? {
        answer.extend_from_slice(&piece);
        if answer.len() > MOST_BYTES {
            bail!("its answer is longer than any time stamp");
        }
    }
    Ok(answer)
}
