//! What clients and partner systems send to the query service.

pub(crate) fn findings(bytes: &[u8]) {
    api::fuzzing::findings(bytes);
}

pub(crate) fn queries(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    api::fuzzing::queries(text);
}

pub(crate) fn bodies(bytes: &[u8]) {
    api::fuzzing::bodies(bytes);
}
