//! Text as people type it in a hurry: small letters, no diacritics.

/// Returns `text` in small letters without diacritics, its words between single spaces and with
/// one before and after, so that whole words are found by their text.
///
/// # Examples
/// ```
/// assert_eq!(domain::folded("Cầu Chương Dương, đầu Long Biên"), " cau chuong duong dau long bien ");
/// assert!(domain::folded("Phường Cửa Nam").contains(&domain::folded("cửa nam")));
/// ```
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    folded.push(' ');
    for letter in text.chars().flat_map(char::to_lowercase) {
        if ('\u{300}'..='\u{36f}').contains(&letter) {
            continue;
        }
        let plain = without_diacritics(letter);
        if plain.is_alphanumeric() {
            folded.push(plain);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

/// Returns the plain letter under a Vietnamese (or common Latin) one.
fn without_diacritics(letter: char) -> char {
    match letter {
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ'
        | 'ẫ' | 'ậ' | 'ä' | 'å' => 'a',
        'đ' => 'd',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' | 'ë' => {
            'e'
        }
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở'
        | 'ỡ' | 'ợ' | 'ö' => 'o',
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' | 'û' | 'ü' => {
            'u'
        }
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' | 'ÿ' => 'y',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_without_its_diacritics_by_whole_words() {
        let street = folded("Phố Hàng Bài, phường Cửa Nam");
        assert!(street.contains(&folded("hang bai")));
        assert!(street.contains(&folded("HÀNG  BÀI")));
        assert!(!street.contains(&folded("hang ba")));
        // The same letters decomposed (NFD), as some keyboards and macOS write them.
        assert_eq!(folded("Đa\u{302}\u{301}u"), folded("Đấu"));
        assert_eq!(folded(" ,. "), " ");
    }
}
