//! An officer watches a square where persons are softened: whoever the detector finds is blocks, what is
//! beside them is not, and nobody gets the camera's own pictures by another way.

use std::path::Path;
use std::time::Duration;

use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};
use crate::masked_live::Viewer;
use crate::views::luma;

const PATIENCE: Duration = Duration::from_secs(120);

/// Returns which share of the blocks of 16 × 16 pixels of each picture are of one grey.
#[allow(clippy::cast_precision_loss, reason = "a few thousand blocks")]
fn flat(file: &Path) -> Vec<f64> {
    let (width, height, pictures) = luma(file);
    let (columns, rows) = (width / 16, height / 16);
    let is_flat = |picture: &[u8], (column, row): (usize, usize)| {
        let lines = row * 16..(row + 1) * 16;
        let pixels =
            lines.flat_map(|y| &picture[y * width + column * 16..y * width + (column + 1) * 16]);
        let (least, most) = pixels.fold((255, 0), |(least, most), &p| (p.min(least), p.max(most)));
        most - least <= 6
    };
    let share = |picture: &Vec<u8>| {
        let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        let flat = all.filter(|place| is_flat(picture, *place)).count();
        flat as f64 / (columns * rows) as f64
    };
    pictures.iter().map(share).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_found_is_blocks_live_and_the_cameras_own_pictures_do_not_leave() {
    let mounts =
        ["gate", "yard"].map(|name| Mount::new(format!("/{name}/main"), footage("vtest-h264.mp4")));
    let simulator = Simulator::start(SimulatorConfig::new(mounts.to_vec())).unwrap();
    let url = |name: &str| simulator.url(&format!("/{name}/main"));
    // Of the yard a copy is shown as well, for the mask in its corner.
    let cameras = format!(
        "[[camera]]\nid = \"gate\"\nname = \"Cổng\"\nsoften_persons = true\n\
         main = {{ url = \"{}\" }}\nanalysis = {{ stream = \"main\" }}\n\
         [[camera]]\nid = \"yard\"\nname = \"Sân\"\n\
         masks = [[[0.0, 0.0], [0.02, 0.0], [0.02, 0.02], [0.0, 0.02]]]\nmain = {{ url = \"{}\" }}\n",
        url("gate"),
        url("yard"),
    );
    let mut site = Site::new(true, &cameras);
    site.start();
    for camera in ["gate", "yard"] {
        site.wait_for_state(camera, "up", Duration::from_secs(30)).await;
    }
    let file = site.folder().join("seen.mp4");
    let mut plain = Viewer::of(&site, "yard").await;
    while plain.fragments < 30 {
        plain.take().await;
    }
    assert_eq!(plain.start["persons_softened"], false, "{}", plain.start);
    std::fs::write(&file, &plain.shown).unwrap();
    let most = flat(&file).into_iter().fold(0.0, f64::max);
    drop(plain);

    let mut viewer = Viewer::of(&site, "gate").await;
    let mut seen = 0;
    let softened = async {
        loop {
            seen += 10;
            while viewer.fragments < seen {
                viewer.take().await;
            }
            assert_eq!(viewer.start["persons_softened"], true, "{}", viewer.start);
            std::fs::write(&file, &viewer.shown).unwrap();
            let shares = flat(&file);
            // All of it at first, until analysis has looked; then whoever is there.
            let persons = |share: &&f64| **share > most + 0.02 && **share < 0.7;
            if shares.iter().filter(persons).count() >= 10 {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, softened).await.expect("persons are softened, and no more");

    let playlist = format!("{}/api/v1/cameras/gate/live.m3u8", site.api);
    let refused = site.client.get(playlist).bearer_auth(&site.token).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    // The still of now waits for analysis, and no longer.
    let still = || async {
        let address = format!("{}/api/v1/cameras/gate/frame.jpg", site.api);
        let answer = site.client.get(address).bearer_auth(&site.token).send().await.unwrap();
        answer.status().is_success().then_some(())
    };
    eventually("a still of now", PATIENCE, still).await;
}
