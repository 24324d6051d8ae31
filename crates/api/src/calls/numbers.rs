//! Numbers that say who somebody is, taken out of what a caller said.
//!
//! Who called is the call-taking system's to know. Its words may repeat it all the same: what looks
//! like a number of a telephone (9 to 11 digits after a 0 or +84), of an identity card (9 or 12) or of
//! an account never reaches the index.

/// Stands for a digit that was taken out.
const HIDDEN: char = '•';
/// Fewer digits say a house, a year, a plate.
const LEAST: usize = 9;
/// More than any such number has, country code included.
const MOST: usize = 16;

/// Returns `text` with the digits of such numbers hidden. Digits may stand in groups, with a blank, a
/// dot or a hyphen between: then the first of them must be a 0, or follow a plus, or dates would be
/// taken for telephones.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let may_group = letters[at] == '0' || at > 0 && letters[at - 1] == '+';
        let end = number_end(&letters, at, may_group);
        let digits = letters[at..end].iter().filter(|letter| letter.is_ascii_digit()).count();
        if digits >= LEAST {
            let number = letters[at..end].iter_mut().filter(|letter| letter.is_ascii_digit());
            number.for_each(|digit| *digit = HIDDEN);
            at = end;
        } else {
            at = number_end(&letters, at, false);
        }
    }
    letters.into_iter().collect()
}

/// Returns where the digits that begin at `at` end.
fn number_end(letters: &[char], at: usize, may_group: bool) -> usize {
    let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let is_between = |at: usize| letters.get(at).is_some_and(|one| [' ', '.', '-'].contains(one));
    let (mut end, mut digits) = (at, 0);
    loop {
        while is_digit(end) {
            (end, digits) = (end + 1, digits + 1);
        }
        let goes_on = may_group && digits < MOST && is_between(end) && is_digit(end + 1);
        if !goes_on {
            return end;
        }
        end += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_people_are_hidden_and_others_are_not() {
        for (said, kept) in [
            ("gọi lại số 0912345678 nhé", "gọi lại số •••••••••• nhé"),
            ("0912 345 678", "•••• ••• •••"),
            ("0912.345.678, gấp", "••••.•••.•••, gấp"),
            ("+84 912 345 678", "+•• ••• ••• •••"),
            ("024 3825 1234", "••• •••• ••••"),
            ("CCCD 001099012345", "CCCD ••••••••••••"),
            ("số nhà 12 ngõ 5, tầng 3", "số nhà 12 ngõ 5, tầng 3"),
            ("xe 29A-123.45, ngày 27-11-2026 lúc 7.46", "xe 29A-123.45, ngày 27-11-2026 lúc 7.46"),
            ("2026-11-27 07:46", "2026-11-27 07:46"),
            ("cháy 3 xe, 05 người mắc kẹt", "cháy 3 xe, 05 người mắc kẹt"),
            ("gọi 114", "gọi 114"),
        ] {
            assert_eq!(without_numbers(said), kept);
        }
    }

    proptest! {
        #[test]
        fn no_nine_digits_in_a_row_are_left(said in "[0-9 .+a-z-]{0,60}") {
            let kept = without_numbers(&said);
            prop_assert_eq!(kept.chars().count(), said.chars().count());
            let longest = kept.split(|one: char| !one.is_ascii_digit()).map(str::len).max();
            prop_assert!(longest.unwrap_or(0) < LEAST, "{}", kept);
        }
    }
}
