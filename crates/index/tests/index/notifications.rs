//! Cursors and dead letters of notifications: they move together and survive.

use domain::{EventId, Timestamp};
use index::{DEAD_LETTERS_KEPT, DeadLetter};
use uuid::Uuid;

use crate::made::open;

fn letter(sequence: u64, reason: &str) -> DeadLetter {
    DeadLetter {
        sequence,
        event: EventId(Uuid::from_u128(u128::from(sequence))),
        camera: "gate".parse().unwrap(),
        time: Timestamp::from_millis(1_772_323_200_000),
        attempts: 3,
        reason: reason.to_owned(),
    }
}

#[test]
fn a_cursor_and_its_dead_letters_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    assert_eq!(index.notify_cursor("duty").unwrap(), None);
    index
        .settle_notifications("duty", 7, &[letter(5, "answers 400"), letter(6, "x")], &[])
        .unwrap();
    index.settle_notifications("mqtt", 3, &[], &[]).unwrap();
    index.close();
    drop(index);

    let index = open(folder.path());
    assert_eq!(index.notify_cursor("duty").unwrap(), Some(7));
    assert_eq!(index.notify_cursor("mqtt").unwrap(), Some(3));
    assert_eq!(index.dead_letters("duty", 0, 1).unwrap(), [letter(5, "answers 400")]);
    assert_eq!(index.dead_letters("duty", 5, 10).unwrap(), [letter(6, "x")]);
    assert_eq!(index.dead_letters("mqtt", 0, 10).unwrap(), []);
}

#[test]
fn what_was_delivered_after_all_is_no_dead_letter_and_the_last_word_on_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.settle_notifications("duty", 9, &[letter(1, "a"), letter(2, "b")], &[]).unwrap();
    index.settle_notifications("duty", 9, &[letter(2, "again")], &[1]).unwrap();
    assert_eq!(index.dead_letters("duty", 0, 10).unwrap(), [letter(2, "again")]);
    assert_eq!(index.dead_letter_count("duty").unwrap(), 1);
}

#[test]
fn dead_letters_are_bounded_and_say_how_many_were_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let kept = DEAD_LETTERS_KEPT as u64;
    let letters: Vec<_> = (1..=kept).map(|sequence| letter(sequence, "no")).collect();
    assert_eq!(index.settle_notifications("duty", kept, &letters, &[]).unwrap(), 0);
    assert_eq!(index.settle_notifications("other", 1, &[letter(1, "no")], &[]).unwrap(), 0);
    let more = [letter(kept + 1, "no"), letter(kept + 2, "no")];
    assert_eq!(index.settle_notifications("duty", kept + 2, &more, &[]).unwrap(), 2);
    assert_eq!(index.dead_letter_count("duty").unwrap(), kept);
    assert_eq!(index.dead_letters("duty", 0, 1).unwrap()[0].sequence, 3);
    assert_eq!(index.dead_letter_count("other").unwrap(), 1);
}

#[test]
fn a_target_that_is_gone_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    for target in ["stays", "goes"] {
        index.settle_notifications(target, 4, &[letter(2, "no")], &[]).unwrap();
    }
    index.keep_notify_targets(&["stays".to_owned()]).unwrap();
    assert_eq!(index.notify_cursor("stays").unwrap(), Some(4));
    assert_eq!(index.dead_letter_count("stays").unwrap(), 1);
    assert_eq!(index.notify_cursor("goes").unwrap(), None);
    assert_eq!(index.dead_letter_count("goes").unwrap(), 0);
}
