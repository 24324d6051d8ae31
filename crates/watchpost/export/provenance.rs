//! What the events of a package were found by: each version of a rule with its settings, each model
//! with its name.

use std::collections::BTreeSet;

use anyhow::Context as _;
use evidence::{ModelCard, RuleCard};
use index::{Custody, RuleVersion};

use super::events::Found;

/// Returns the rules of the events, each version once: cameras of the same settings share it.
pub(super) fn rules(custody: &Custody, found: &Found) -> anyhow::Result<Vec<RuleCard>> {
    let mut cards = BTreeSet::new();
    for (of, kind) in &found.rules {
        let settings = custody.rule_settings(of).context("cannot read the settings of rules")?;
        let RuleVersion { rule, version, .. } = of.clone();
        let card = RuleCard { rule, version, kind: kind.clone(), sha256: None, settings: None };
        cards.insert(card.judged_by(settings));
    }
    Ok(cards.into_iter().collect())
}

/// Returns the models that saw for them.
pub(super) fn models(custody: &Custody, found: &Found) -> anyhow::Result<Vec<ModelCard>> {
    let card = |sha256: &String| {
        let known = custody.model(sha256).context("cannot read which model it was")?;
        let (name, version) = known.map(|known| (known.name, known.version)).unzip();
        Ok(ModelCard { sha256: sha256.clone(), name, version: version.flatten() })
    };
    found.models.iter().map(card).collect()
}
