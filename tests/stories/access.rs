//! An officer is given an account for one ward beside the running service, signs in, sees that ward
//! alone, and is shut out at once; a service gets a token for the figures and nothing else.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::harness::Site;

const PASSWORD: &str = "bốn con mèo trên mái nhà";

fn camera(id: &str, ward: &str) -> String {
    format!(
        "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplaces = [\"{ward}\", \"Hà Nội\"]\n\
         main = {{ url = \"rtsp://127.0.0.1:9/{id}\" }}\n"
    )
}

/// Runs a command of the site, with `input` on its standard input.
fn run(site: &Site, arguments: &[&str], input: &str) -> Output {
    let config = site.config();
    let mut command = site.command(arguments);
    command.args(["--config", config.to_str().unwrap()]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_their_ward_until_they_are_shut_out() {
    let cameras =
        format!("{}{}", camera("gate", "Phường Cửa Nam"), camera("yard", "Phường Từ Liêm"));
    let mut site = Site::new(false, &cameras);
    let first = ["user", "add", "an", "--role", "administrator", "--whole-site"];
    done(&run(&site, &first, &format!("{PASSWORD}\n")));
    site.start();
    let add = ["user", "add", "lan", "--display-name", "Nguyễn Thị Lan", "--role", "duty"];
    let at = |place: &'static str| [&add[..], &["--place", place]].concat();
    let unknown = refused(&run(&site, &at("Phường Cửa Bắc"), PASSWORD));
    assert!(unknown.contains("Phường Cửa Nam, Phường Từ Liêm"), "{unknown}");
    let short = refused(&run(&site, &at("Phường Cửa Nam"), "hunter2\n"));
    assert!(short.contains("12 to 256 characters") && !short.contains("hunter2"), "{short}");
    refused(&run(&site, &add, PASSWORD));
    done(&run(&site, &at("Phường Cửa Nam"), &format!("{PASSWORD}\n")));
    let taken = refused(&run(&site, &at("Phường Cửa Nam"), PASSWORD));
    assert!(taken.contains("was given before"), "{taken}");

    let nobody = reqwest::Client::new();
    let address = |path: &str| format!("{}/api/v1/{path}", site.api);
    let answer = nobody.get(address("cameras")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body = json!({"name": "lan", "password": PASSWORD});
    let answer = nobody.post(address("session")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let ask = |path: &str| nobody.get(address(path)).header("cookie", cookie).send();
    let seen: Value = ask("cameras").await.unwrap().json().await.unwrap();
    let ids: Vec<_> =
        seen["features"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, ["gate"]);
    assert_eq!(ask("cameras/yard").await.unwrap().status(), 404);
    assert_eq!(ask("events").await.unwrap().status(), 403);
    done(&run(&site, &["user", "disable", "lan"], ""));
    assert_eq!(ask("cameras").await.unwrap().status(), 401);
    let listed = done(&run(&site, &["user", "list"], ""));
    assert!(listed.contains("duty of Phường Cửa Nam") && listed.contains("shut out"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_command_does_to_an_account_stands_in_the_trail() {
    let mut site = Site::new(false, &camera("gate", "Phường Cửa Nam"));
    // While no service runs, beside it, and what fails leaves no trace of having been done.
    let add = ["user", "add", "lan", "--role", "duty", "--place", "Phường Cửa Nam", "--temporary"];
    done(&run(&site, &add, &format!("{PASSWORD}\n")));
    site.start();
    let granted = ["--role", "investigator", "--whole-site"];
    done(&run(&site, &[&["user", "grant", "lan"], &granted[..]].concat(), ""));
    done(&run(&site, &[&["user", "revoke", "lan"], &granted[..]].concat(), ""));
    refused(&run(&site, &[&["user", "revoke", "lan"], &granted[..]].concat(), ""));
    refused(&run(&site, &["user", "disable", "nobody"], ""));
    let random = done(&run(&site, &["user", "password", "lan", "--random-password"], ""));
    done(&run(&site, &["user", "disable", "lan"], ""));
    done(&run(&site, &["user", "enable", "lan"], ""));
    let service = ["token", "add", "view", "--role", "duty", "--whole-site"];
    let token = done(&run(&site, &service, ""));
    done(&run(&site, &["token", "revoke", "view"], ""));

    let trail = site.get("/api/v1/audit?action=account_changed&limit=1000").await;
    let entries = trail["entries"].as_array().unwrap();
    let of = |name: &str| -> Vec<String> {
        let own = entries.iter().rev().filter(|entry| entry["object"] == format!("account {name}"));
        let detail = |entry: &Value| -> Value {
            serde_json::from_str(entry["detail"].as_str().unwrap()).unwrap()
        };
        own.map(|entry| detail(entry)["act"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("lan"), ["add", "grant", "revoke", "password", "close", "open"]);
    assert_eq!(of("view"), ["add_token", "revoke_token"]);
    assert_eq!(of("nobody"), [""; 0]);
    let by = entries[0]["actor"].as_str().unwrap();
    assert!(by.starts_with("system:"), "{by}");
    assert!(entries.iter().all(|entry| entry["actor"] == by), "{trail:#}");
    let text = trail.to_string();
    for secret in [PASSWORD, random.trim(), token.trim()] {
        assert!(!text.contains(secret), "a secret stands in the trail");
    }
    let found = site.get(&format!("/api/v1/audit?actor={by}")).await;
    assert_eq!(found["entries"].as_array().unwrap().len(), entries.len());
    let verified = run(&site, &["audit", "verify"], "");
    done(&verified);

    // Whoever signs in with a password that another chose can do nothing but set their own.
    let client = reqwest::Client::new();
    let address = |path: &str| format!("{}/api/v1/{path}", site.api);
    let body = json!({"name": "lan", "password": random.trim()});
    let answer = client.post(address("session")).json(&body).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let status = async || {
        let asked = client.get(address("cameras")).header("cookie", &cookie);
        asked.send().await.unwrap().status()
    };
    assert_eq!(status().await, 403);
    let body = json!({"present": random.trim(), "new": PASSWORD});
    let change = client.post(address("me/password")).header("cookie", &cookie);
    let changed = change.header("origin", &site.api).json(&body).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    assert_eq!(status().await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_a_token_for_the_figures_and_nothing_else() {
    let mut site = Site::new(false, &camera("gate", "Phường Cửa Nam"));
    site.start();
    let add = ["token", "add", "prometheus", "--role", "administrator", "--whole-site", "--only"];
    let vain = refused(&run(&site, &[&add[..], &["search"]].concat(), ""));
    assert!(vain.contains("none of these roles gives search"), "{vain}");
    let token = done(&run(&site, &[&add[..], &["monitor"]].concat(), ""));
    let token = token.trim();
    let client = reqwest::Client::new();
    let ask = async |path: &str| {
        let request = client.get(format!("{}{path}", site.api)).bearer_auth(token);
        request.send().await.unwrap().status()
    };
    assert_eq!(ask("/metrics").await, 200);
    assert_eq!(ask("/api/v1/events").await, 403);
    assert_eq!(ask("/api/v1/cameras/gate/frame.jpg").await, 403);

    // Our own commands show a token from a file or from the environment, and say when they need one.
    let file = site.folder().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let cameras = |arguments: &[&str]| {
        let mut command = site.command(&["cameras", "--api", &site.api]);
        command.args(arguments).env_remove("WATCHPOST_TOKEN").output().unwrap()
    };
    assert!(done(&cameras(&["--token-file", file.to_str().unwrap()])).contains("gate"));
    let without = refused(&cameras(&[]));
    assert!(without.contains("watchpost token add"), "{without}");
    done(&run(&site, &["token", "revoke", "prometheus"], ""));
    assert_eq!(ask("/metrics").await, 401);
}
