//! The note in every package that says in plain words what it is and how anybody checks it.

use crate::{Digest, Manifest};

/// Returns the note. Names of people and cases come from outside and are shown as they are: the
/// note is text and nothing reads it but people.
pub(crate) fn note(manifest: &Manifest, key: &Digest) -> String {
    let site = &manifest.site.name;
    let case = &manifest.purpose.case;
    let (from, to) = (manifest.range.start, manifest.range.end);
    let (operator, exported) = (&manifest.operator, manifest.exported);
    let clips = manifest.clips.len();
    let events = manifest.events.count;
    let masked = manifest.clips.iter().filter(|clip| clip.masked.is_some()).count();
    let (masked_vi, masked_en) = masked_words(masked, clips);
    let (signed_vi, signed_en) = signed_words(manifest);
    format!(
        "\
GÓI CHỨNG CỨ ĐÃ NIÊM PHONG

Nơi lập: {site}
Vụ việc: {case}
Thời gian: từ {from} đến {to} (giờ UTC)
Người xuất: {operator}, lúc {exported}
Nội dung: {clips} đoạn phim, {events} sự kiện

{masked_vi}{signed_vi}
manifest.json ghi mã băm SHA-256 của từng tệp, các camera, các khoảng ghi hình, các khoảng trống và nguyên nhân, ai xuất, khi nào,
vì sao. manifest.sig là chữ ký Ed25519 của nơi lập trên manifest.json.

Cách kiểm tra khi không có Watchpost:
  1. unzip goi.zip -d goi && cd goi
  2. sha256sum -c SHA256SUMS
     Mọi dòng phải là \"OK\" (hoặc \"THÀNH CÔNG\"): không tệp nào bị thay đổi.
  3. openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json \\
       -sigfile manifest.sig
     Phải hiện \"Signature Verified Successfully\".
  4. openssl pkey -pubin -in public-key.pem -outform DER | sha256sum
     Phải cho ra đúng dấu vân khoá dưới đây. Hãy hỏi nơi lập dấu vân khoá bằng một đường khác
     (điện thoại, văn bản): chỉ bước này cho biết chính nơi đó đã ký.

  5. Nếu có tệp manifest.tsr (dấu thời gian RFC 3161 của bên thứ ba):
     openssl ts -verify -in manifest.tsr -data manifest.sig -CAfile chung-thu-tsa.pem

footage-chain.json chứng minh các tệp ghi hình vẫn như lúc vừa ghi xong: chuỗi băm của từng camera
và từng ngày, nối vào nhật ký có ký số. Lệnh dưới đây kiểm tra chuỗi đó.

Khi có Watchpost, một lệnh kiểm tra tất cả, không cần mạng và cơ sở dữ liệu:
  watchpost verify goi.zip --key {key}

Dấu vân khoá (SHA-256): {key}


SEALED EVIDENCE PACKAGE

Site: {site}
Case: {case}
Time: from {from} to {to} (UTC)
Exported by: {operator}, at {exported}
Contents: {clips} clips, {events} events

{masked_en}{signed_en}
manifest.json holds the SHA-256 of every file, the cameras, what was recorded, what was not and why, who exported it, when,
and what for. manifest.sig is the site's Ed25519 signature of manifest.json.

How to check it without Watchpost:
  1. unzip package.zip -d package && cd package
  2. sha256sum -c SHA256SUMS
     Every line must say \"OK\": no file was changed.
  3. openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json \\
       -sigfile manifest.sig
     It must say \"Signature Verified Successfully\".
  4. openssl pkey -pubin -in public-key.pem -outform DER | sha256sum
     It must give the fingerprint below. Ask the site for its fingerprint by another way (telephone,
     letter): this step alone tells that the site has signed it.

  5. If there is manifest.tsr (a time stamp of a third party, RFC 3161):
     openssl ts -verify -in manifest.tsr -data manifest.sig -CAfile tsa-certificate.pem

footage-chain.json proves that the recorded files are as they were when they had been recorded: a
chain of hashes for each camera and day, tied to the signed trail. The command below follows it.

With Watchpost one command checks everything, without network or database:
  watchpost verify package.zip --key {key}

Fingerprint of the key (SHA-256): {key}
"
    )
}

/// Says what the clips are: originals, or copies with privacy masks.
fn masked_words(masked: usize, clips: usize) -> (String, String) {
    if masked == 0 {
        return (
            "Đoạn phim giữ nguyên dòng bit gốc của camera, không mã hoá lại.".to_owned(),
            "The clips hold the camera's original bitstream; nothing was encoded again.".to_owned(),
        );
    }
    (
        format!(
            "{masked} trong {clips} đoạn phim là bản sao đã che vùng riêng tư: bản xem, không phải bản gốc,\n\
             đã mã hoá lại; manifest.json ghi vùng che và mã băm của các tệp ghi hình gốc. Các đoạn còn lại\n\
             giữ nguyên dòng bit gốc của camera."
        ),
        format!(
            "{masked} of the {clips} clips are copies with privacy masks: viewing copies, not the original,\n\
             encoded again; manifest.json says what is covered and holds the hashes of the original recorded\n\
             files. The others hold the camera's original bitstream."
        ),
    )
}

/// Says which clips their camera has signed itself; nothing where none did.
fn signed_words(manifest: &Manifest) -> (String, String) {
    let (mut vi, mut en) = (String::new(), String::new());
    for (signing, clips) in manifest.signed_by_cameras() {
        vi += &format!(
            "\n{clips} đoạn phim mang chữ ký của chính camera ({signing}), được giữ nguyên. Watchpost không kiểm tra\n\
             các chữ ký này: hãy dùng công cụ kiểm tra của ONVIF hoặc của hãng."
        );
        en += &format!(
            "\n{clips} clips bear signatures of the camera itself ({signing}), as it sent them. Watchpost does not\n\
             check these: use the verifier of ONVIF or of the maker."
        );
    }
    (vi, en)
}
