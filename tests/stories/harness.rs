//! A site under test: the real program, the real simulator, a folder of its own.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use domain::{Clock as _, SystemClock};
use index::{Custody, PurposeDraft};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The demo footage, made by `scripts/setup --demo`.
pub(crate) fn footage(name: &str) -> PathBuf {
    let path = root().join("var/demo/footage").join(name);
    assert!(path.is_file(), "{} is missing: run scripts/setup --demo", path.display());
    path
}

/// Returns a number from the environment, to run a story longer than in everyday tests.
pub(crate) fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

/// Waits until `check` gives something, asking again and again; panics with `what` at the end.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    within: Duration,
    mut check: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lines of a running program's log.
#[derive(Clone, Default)]
struct Log(Arc<(Mutex<VecDeque<String>>, Condvar)>);

impl Log {
    fn push(&self, line: String) {
        self.0.0.lock().unwrap().push_back(line);
        self.0.1.notify_all();
    }

    fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().iter().cloned().collect()
    }

    /// Waits for so many lines, or for one that holds `last`.
    fn wait_for_lines(&self, count: usize, last: &str, within: Duration) {
        let lines = self.0.0.lock().unwrap();
        let too_few = |lines: &mut VecDeque<String>| {
            lines.len() < count && !lines.iter().any(|line| line.contains(last))
        };
        let _ = self.0.1.wait_timeout_while(lines, within, too_few).unwrap();
    }

    fn wait_for(&self, pattern: &str, within: Duration) -> Option<String> {
        let lines = self.0.0.lock().unwrap();
        let absent =
            |lines: &mut VecDeque<String>| !lines.iter().any(|line| line.contains(pattern));
        let (lines, _) = self.0.1.wait_timeout_while(lines, within, absent).unwrap();
        lines.iter().rev().find(|line| line.contains(pattern)).cloned()
    }
}

/// A Watchpost in a folder of its own; killed when dropped.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    process: Option<(Child, Log)>,
    pub(crate) api: String,
    /// Asks as one who may do everything everywhere; made at the first start.
    pub(crate) client: reqwest::Client,
    /// What the client shows.
    pub(crate) token: String,
    /// The tokens of officers, by their names.
    officers: Mutex<BTreeMap<String, String>>,
}

impl Site {
    /// Writes the configuration of a site that records in its own folder; `cameras` is TOML.
    pub(crate) fn new(analysis: bool, cameras: &str) -> Self {
        Self::new_in(&std::env::temp_dir(), analysis, cameras)
    }

    /// The same, with its own folder made in `parent`.
    pub(crate) fn new_in(parent: &Path, analysis: bool, cameras: &str) -> Self {
        std::fs::create_dir_all(parent).unwrap();
        let folder = tempfile::tempdir_in(parent).unwrap();
        let client = reqwest::Client::new();
        let (api, token) = (String::new(), String::new());
        let officers = Mutex::default();
        let site = Self { folder, process: None, api, client, token, officers };
        site.configure(analysis, cameras);
        site
    }

    pub(crate) fn configure(&self, analysis: bool, cameras: &str) {
        let root = root();
        let analysis = if analysis {
            format!(
                "[analysis]\nonnxruntime = \"{}\"\nmodel = \"{}\"\n",
                root.join("var/lib/onnxruntime/libonnxruntime.so.1.31.1").display(),
                root.join("models/nanodet-g-int8.toml").display()
            )
        } else {
            String::new()
        };
        let text = format!(
            "[site]\nid = \"test\"\nname = \"Test\"\n[index]\npath = \"index\"\n\
             [[volume]]\nid = \"disk\"\npath = \"footage\"\nkeep_free_gib = 0.1\n\
             [api]\nlisten = \"127.0.0.1:0\"\n{analysis}{cameras}"
        );
        std::fs::write(self.config(), text).unwrap();
    }

    /// Has the program listen at the same address at every start.
    pub(crate) fn keep_address(&self) {
        let text = std::fs::read_to_string(self.config()).unwrap();
        let fixed = format!("listen = \"127.0.0.1:{}\"", free_port());
        std::fs::write(self.config(), text.replace("listen = \"127.0.0.1:0\"", &fixed)).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("watchpost.toml")
    }

    /// A `watchpost` command line in the site's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchpost"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("WATCHPOST_TOKEN", &self.token);
        command
    }

    /// Gives the client a token, once.
    fn sign_in(&mut self) {
        if !self.token.is_empty() {
            return;
        }
        let roles = ["duty", "investigator", "supervisor", "administrator"];
        self.token = self.new_token("tests", &roles);
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        let headers = [(reqwest::header::AUTHORIZATION, bearer)].into_iter().collect();
        self.client = reqwest::Client::builder().default_headers(headers).build().unwrap();
    }

    /// Returns the token of a duty officer of the whole site, made when first asked for.
    pub(crate) fn officer(&self, name: &str) -> String {
        let mut officers = self.officers.lock().unwrap();
        let made = officers.entry(name.to_owned());
        made.or_insert_with(|| self.new_token(name, &["duty"])).clone()
    }

    fn new_token(&self, name: &str, roles: &[&str]) -> String {
        let roles = roles.iter().flat_map(|role| ["--role", role]);
        self.token_for(name, &roles.chain(["--whole-site"]).collect::<Vec<_>>())
    }

    /// Makes a service that was granted what `arguments` say, and returns its token.
    pub(crate) fn token_for(&self, name: &str, arguments: &[&str]) -> String {
        let config = self.config();
        let mut command = self.command(&["token", "add", name]);
        command.args(arguments).args(["--config", config.to_str().unwrap()]);
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Starts the program and returns once it has logged so many lines, at the latest when it
    /// listens.
    pub(crate) fn begin_to_start(&mut self, lines: usize) {
        self.sign_in();
        let (child, log) = self.spawn();
        log.wait_for_lines(lines, "query service listens", Duration::from_secs(60));
        self.process = Some((child, log));
    }

    /// Starts the program and returns when it listens.
    pub(crate) fn start(&mut self) {
        self.sign_in();
        let (mut child, log) = self.spawn();
        let listening = log.wait_for("query service listens", Duration::from_secs(60));
        let Some(line) = listening else {
            let _ = child.kill();
            panic!("watchpost does not listen:\n{}", log.all().join("\n"));
        };
        let line: Value = serde_json::from_str(&line).unwrap();
        self.api = format!("http://{}", line["address"].as_str().unwrap());
        self.process = Some((child, log));
        self.state_purpose();
    }

    fn spawn(&self) -> (Child, Log) {
        let config = self.config();
        let mut child = self
            .command(&["run", "--config", config.to_str().unwrap()])
            .env("WATCHPOST_LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Log::default();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let writer = log.clone();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| writer.push(line)));
        (child, log)
    }

    /// Says what for the tests look at what was recorded, as every site wants to know; beside the
    /// running service.
    fn state_purpose(&self) {
        let mut custody = Custody::open(&self.folder().join("index")).unwrap();
        let (owner, now) = ("tests".parse().unwrap(), SystemClock::default().now());
        if custody.purpose_of(&owner, now).unwrap().is_some() {
            return;
        }
        let expires = now.plus(Duration::from_secs(8 * 3600));
        let purpose = PurposeDraft {
            owner,
            case: "test".to_owned(),
            reason: "a story".to_owned(),
            legal_basis: None,
            stated: now,
            expires,
        };
        custody.state_purpose(&purpose, evidence::chain::link).unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().0.id()
    }

    pub(crate) fn wait_for_log(&self, pattern: &str, within: Duration) -> String {
        let (_, log) = self.process.as_ref().unwrap();
        log.wait_for(pattern, within)
            .unwrap_or_else(|| panic!("no {pattern} in the log:\n{}", log.all().join("\n")))
    }

    /// Ends the program in good order.
    pub(crate) fn stop(&mut self) -> (ExitStatus, Vec<String>) {
        self.ask_to_stop();
        self.ended()
    }

    /// Asks the program to end, and does not wait.
    pub(crate) fn ask_to_stop(&self) {
        signal(&self.process.as_ref().unwrap().0, Signal::TERM);
    }

    /// Waits for the end of the program.
    pub(crate) fn ended(&mut self) -> (ExitStatus, Vec<String>) {
        let (mut child, log) = self.process.take().unwrap();
        (child.wait().unwrap(), log.all())
    }

    /// Ends the program as a power cut would.
    pub(crate) fn kill(&mut self) {
        let (mut child, _) = self.process.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn hang_up(&self) {
        signal(&self.process.as_ref().unwrap().0, Signal::HUP);
    }

    /// Asks the API; returns status and JSON.
    pub(crate) async fn ask(&self, path: &str) -> (u16, Value) {
        let response = self.client.get(format!("{}{path}", self.api)).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, 200, "{path}: {body:#}");
        body
    }

    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.client.get(format!("{}{path}", self.api)).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        response.bytes().await.unwrap().to_vec()
    }

    /// Returns a stream's state as the API tells it: `up`, `down` …
    pub(crate) async fn state(&self, camera: &str, stream: &str) -> String {
        let camera = self.get(&format!("/api/v1/cameras/{camera}")).await;
        let streams = camera["properties"]["streams"].as_array().cloned().unwrap_or_default();
        let found = streams.iter().find(|entry| entry["stream"] == stream);
        found.map_or("absent".to_owned(), |entry| entry["state"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn wait_for_state(&self, camera: &str, state: &str, within: Duration) {
        let what = format!("{camera} is {state}");
        eventually(&what, within, async || {
            (self.state(camera, "main").await == state).then_some(())
        })
        .await;
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some((mut child, log)) = self.process.take() {
            let _ = child.kill();
            let _ = child.wait();
            if std::thread::panicking() {
                let lines = log.all();
                eprintln!(
                    "the end of the log:\n{}",
                    lines[lines.len().saturating_sub(60)..].join("\n")
                );
            }
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Returns a port that nobody listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A simulator in a process of its own, so that its cost is not ours; killed when dropped.
pub(crate) struct SimulatorProcess {
    child: Child,
    pub(crate) port: u16,
}

impl SimulatorProcess {
    /// Serves `mounts`, each written as the simulator's `--mount` wants it.
    pub(crate) fn start(mounts: &[String]) -> Self {
        let port = free_port();
        let program =
            Path::new(env!("CARGO_BIN_EXE_watchpost")).with_file_name("watchpost-simulator");
        let mut command = Command::new(&program);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command.args(mounts.iter().flat_map(|mount| ["--mount", mount]));
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = quiet.spawn().unwrap_or_else(|error| {
            panic!("{}: {error}: cargo build -p simulator makes it", program.display())
        });
        Self { child, port }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for SimulatorProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// TOML of a camera that is recorded only.
pub(crate) fn recorded_camera(id: &str, url: &str) -> String {
    format!("[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nmain = {{ url = \"{url}\" }}\n")
}

/// One coded picture of a clip, as ffprobe reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClipPicture {
    /// Seconds from the clip's start.
    pub(crate) at_s: f64,
    /// SHA-256 of its bytes, in hex.
    pub(crate) sha256: String,
}

/// Reads a clip with somebody else's reader.
pub(crate) fn probe(clip: &Path) -> Vec<ClipPicture> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_data_hash", "sha256"])
        .args(["-show_entries", "packet=pts_time,data_hash", "-of", "compact=p=0:nk=1"])
        .arg(clip)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", clip.display());
    let text = String::from_utf8(output.stdout).unwrap();
    let picture = |line: &str| {
        let (at_s, hash) = line.split_once('|').unwrap();
        let sha256 = hash.trim_end_matches('|').rsplit(':').next().unwrap().to_owned();
        ClipPicture { at_s: at_s.parse().unwrap(), sha256 }
    };
    text.lines().filter(|line| !line.is_empty()).map(picture).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
