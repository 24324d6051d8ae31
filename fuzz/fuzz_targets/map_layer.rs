#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (const { fuzz::target("map_layer") })(bytes));
