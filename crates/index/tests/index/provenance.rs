//! What an event was found by is known for as long as the index is.

use index::{Custody, ModelVersion, RuleVersion};

use crate::footage::minute;
use crate::made::{camera, open};

fn lawn(version: u32) -> RuleVersion {
    RuleVersion { camera: camera(1), rule: "lawn".parse().unwrap(), version }
}

fn model(version: Option<&str>) -> ModelVersion {
    let version = version.map(str::to_owned);
    ModelVersion { sha256: "054c".to_owned(), name: "nanodet".to_owned(), version }
}

#[test]
fn every_version_of_a_rule_is_kept_with_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let put = |rules: &[(RuleVersion, String)], model: Option<&ModelVersion>, at: u64| {
        index.custody().put_provenance(rules, model, minute(at)).unwrap()
    };
    let [first, second] = ["{\"for_s\":2}", "{\"for_s\":3}"].map(str::to_owned);
    assert_eq!(put(&[(lawn(7), first.clone())], Some(&model(None)), 1), 2);
    assert_eq!(put(&[(lawn(7), first.clone())], Some(&model(None)), 2), 0, "nothing is new");
    // The same manifest says more of its model; the rule has another version.
    assert_eq!(put(&[(lawn(8), second.clone())], Some(&model(Some("1"))), 3), 2);
    // What was noted once stays as it was.
    assert_eq!(put(&[(lawn(7), second.clone())], None, 4), 0);

    let beside = Custody::open(folder.path()).unwrap();
    assert_eq!(beside.rule_settings(&lawn(7)).unwrap(), Some(first));
    assert_eq!(beside.rule_settings(&lawn(8)).unwrap(), Some(second));
    let elsewhere = RuleVersion { camera: camera(2), ..lawn(7) };
    assert_eq!(beside.rule_settings(&elsewhere).unwrap(), None);
    assert_eq!(beside.model("054c").unwrap(), Some(model(Some("1"))));
    assert_eq!(beside.model("ffff").unwrap(), None);
}
