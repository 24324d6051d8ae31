//! Who may do what, and where: a table of roles and permissions, granted over places.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::CameraId;

/// A word that names no role or permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is not {what}: expected one of {expected}")]
pub struct UnknownWord {
    given: String,
    what: &'static str,
    expected: String,
}

/// A name of a place that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a place: write names as the cameras have them, with '/' between a place and one above it"
)]
pub struct InvalidPlace(String);

/// One thing that somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See cameras and their state, alerts and events as they come, and their stills.
    Follow,
    /// See what a camera shows now.
    Live,
    /// Acknowledge alerts, work on them and close them.
    Handle,
    /// Search events and tracks, count them, ask rules of the past, see what was covered.
    Search,
    /// Play recorded footage.
    Play,
    /// Take sealed footage and findings out.
    Export,
    /// Hold footage and findings back from deletion.
    Hold,
    /// Give alerts to others.
    Assign,
    /// Be the second person where two are needed.
    Approve,
    /// Read the audit.
    ReadAudit,
    /// Change how the service works.
    Configure,
    /// See how the service itself is doing: its parts, its figures.
    Monitor,
    /// See what lies under privacy masks. No role has it by itself: the site's policy gives it.
    Unmask,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 13] = [
        Self::Follow,
        Self::Live,
        Self::Handle,
        Self::Search,
        Self::Play,
        Self::Export,
        Self::Hold,
        Self::Assign,
        Self::Approve,
        Self::ReadAudit,
        Self::Configure,
        Self::Monitor,
        Self::Unmask,
    ];

    /// Returns the word used in API, commands and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Live => "live",
            Self::Handle => "handle",
            Self::Search => "search",
            Self::Play => "play",
            Self::Export => "export",
            Self::Hold => "hold",
            Self::Assign => "assign",
            Self::Approve => "approve",
            Self::ReadAudit => "read_audit",
            Self::Configure => "configure",
            Self::Monitor => "monitor",
            Self::Unmask => "unmask",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        word(text, "a permission", &Self::ALL, Self::as_str)
    }
}

/// What somebody is at a place. Each has its permissions and no other: whoever is two things has
/// two grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Watches the event feed day and night.
    Duty,
    /// Searches footage by time and place.
    Investigator,
    /// Leads a shift: gives out work, is the second person, sees who did what.
    Supervisor,
    /// Keeps the service running; sees nothing that cameras see.
    Administrator,
    /// Reads the audit, and nothing else.
    Overseer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Duty, Self::Investigator, Self::Supervisor, Self::Administrator, Self::Overseer];

    /// Returns the word used in API, commands and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Investigator => "investigator",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
            Self::Overseer => "overseer",
        }
    }

    /// Returns what the role may do: the whole table.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as May;
        match self {
            Self::Duty => &[May::Follow, May::Live, May::Handle],
            Self::Investigator => &[May::Search, May::Play, May::Export, May::Hold],
            Self::Supervisor => &[
                May::Follow,
                May::Live,
                May::Handle,
                May::Assign,
                May::Approve,
                May::ReadAudit,
                May::Monitor,
            ],
            Self::Administrator => &[May::Configure, May::Monitor],
            Self::Overseer => &[May::ReadAudit],
        }
    }

    /// Returns whether the role may do it.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        word(text, "a role", &Self::ALL, Self::as_str)
    }
}

fn word<T: Copy>(
    text: &str,
    what: &'static str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, UnknownWord> {
    let found = all.iter().copied().find(|known| as_str(*known) == text);
    found.ok_or_else(|| {
        let expected: Vec<_> = all.iter().map(|known| as_str(*known)).collect();
        UnknownWord { given: text.to_owned(), what, expected: expected.join(", ") }
    })
}

/// Where a role is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The whole site, with cameras that it no longer has.
    Site,
    /// A node of the administrative tree, as the cameras' places name it: a street, a ward, a
    /// province. Where one name is not enough, those of places above it follow, and a camera must
    /// lie in all of them.
    Node(Vec<String>),
    /// These cameras and no other.
    Cameras(BTreeSet<CameraId>),
}

impl Place {
    /// Reads a node of the administrative tree: `Phường Cửa Nam`, or `Phường Cửa Nam/Hà Nội`.
    ///
    /// # Errors
    /// A name is empty.
    pub fn node(text: &str) -> Result<Self, InvalidPlace> {
        let names: Vec<String> = text.split('/').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err(InvalidPlace(text.to_owned()));
        }
        Ok(Self::Node(names))
    }

    /// Returns whether a camera that lies in `places` is of this place. Names must be the same to
    /// the letter: a grant must not reach what merely sounds alike.
    pub fn holds(&self, camera: &CameraId, places: &[String]) -> bool {
        match self {
            Self::Site => true,
            Self::Node(names) => {
                !names.is_empty() && names.iter().all(|name| places.contains(name))
            }
            Self::Cameras(cameras) => cameras.contains(camera),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site => f.write_str("the whole site"),
            Self::Node(names) => f.write_str(&names.join("/")),
            Self::Cameras(cameras) => {
                let names: Vec<_> = cameras.iter().map(CameraId::as_str).collect();
                write!(f, "cameras {}", names.join(","))
            }
        }
    }
}

/// A role over a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// What somebody is there.
    pub role: Role,
    /// Where.
    pub place: Place,
}

/// The cameras that something may be done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that ever were.
    Site,
    /// These and no other; may be none.
    Cameras(BTreeSet<CameraId>),
}

impl Scope {
    /// No camera.
    pub const NONE: Self = Self::Cameras(BTreeSet::new());

    /// Returns whether `camera` is one of them.
    pub fn contains(&self, camera: &CameraId) -> bool {
        match self {
            Self::Site => true,
            Self::Cameras(cameras) => cameras.contains(camera),
        }
    }

    /// Returns whether it is the whole site.
    pub fn is_site(&self) -> bool {
        *self == Self::Site
    }

    /// Returns those of the cameras asked for that are among these. `None` stands for all, and
    /// `Some` and empty for none, as in the queries of the index.
    #[must_use]
    pub fn narrow(&self, asked: Option<Vec<CameraId>>) -> Option<Vec<CameraId>> {
        match (self, asked) {
            (Self::Site, asked) => asked,
            (Self::Cameras(cameras), None) => Some(cameras.iter().cloned().collect()),
            (Self::Cameras(cameras), Some(asked)) => {
                Some(asked.into_iter().filter(|camera| cameras.contains(camera)).collect())
            }
        }
    }

    /// Adds the cameras of `other`.
    fn widen(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Site, _) => {}
            (_, Self::Site) => *self = Self::Site,
            (Self::Cameras(cameras), Self::Cameras(more)) => cameras.extend(more.iter().cloned()),
        }
    }
}

/// What somebody may do, each with the cameras it may be done with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach(BTreeMap<Permission, Scope>);

impl Reach {
    /// Resolves grants over the cameras there are, each with the places it lies in; `only` leaves
    /// nothing but these permissions, where given.
    pub fn new<'a>(
        grants: &[Grant],
        only: Option<&[Permission]>,
        cameras: impl Iterator<Item = (&'a CameraId, &'a [String])> + Clone,
    ) -> Self {
        Self::by_policy(grants, only, &[], cameras)
    }

    /// Does the same where the site's policy lets `unmasked` roles see what lies under privacy masks.
    pub fn by_policy<'a>(
        grants: &[Grant],
        only: Option<&[Permission]>,
        unmasked: &[Role],
        cameras: impl Iterator<Item = (&'a CameraId, &'a [String])> + Clone,
    ) -> Self {
        let mut scopes: BTreeMap<Permission, Scope> = BTreeMap::new();
        for grant in grants {
            let scope = match &grant.place {
                Place::Site => Scope::Site,
                place => {
                    let held = cameras.clone().filter(|(id, places)| place.holds(id, places));
                    Scope::Cameras(held.map(|(id, _)| id.clone()).collect())
                }
            };
            let further = unmasked.contains(&grant.role).then_some(&Permission::Unmask);
            let permitted = grant.role.permissions().iter().chain(further);
            for permission in permitted.filter(|one| only.is_none_or(|only| only.contains(one))) {
                scopes.entry(*permission).or_insert(Scope::NONE).widen(&scope);
            }
        }
        Self(scopes)
    }

    /// Returns whether `permission` is held anywhere.
    pub fn may(&self, permission: Permission) -> bool {
        self.0.contains_key(&permission)
    }

    /// Returns the cameras that any of `permissions` is held for; `None` when none is held.
    pub fn scope(&self, permissions: &[Permission]) -> Option<Scope> {
        let mut held = permissions.iter().filter_map(|permission| self.0.get(permission));
        let mut scope = held.next()?.clone();
        held.for_each(|further| scope.widen(further));
        Some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(id: &str) -> CameraId {
        id.parse().unwrap()
    }

    fn reach(grants: &[Grant], only: Option<&[Permission]>) -> Reach {
        let place = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let cameras = [
            (camera("gate"), place(&["Phố Huế", "Phường 1", "Hà Nội"])),
            (camera("yard"), place(&["Phường 1", "Huế"])),
            (camera("roof"), place(&[])),
        ];
        Reach::new(grants, only, cameras.iter().map(|(id, place)| (id, place.as_slice())))
    }

    fn grant(role: Role, place: &str) -> Grant {
        Grant { role, place: Place::node(place).unwrap() }
    }

    fn ids(scope: Option<Scope>) -> Vec<String> {
        let all = scope.unwrap().narrow(None).unwrap();
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_table_keeps_apart_what_must_not_lie_in_one_hand() {
        use Permission as May;
        for sees in [May::Follow, May::Live, May::Search, May::Play, May::Export] {
            assert!(!Role::Administrator.may(sees) && !Role::Overseer.may(sees), "{sees}");
        }
        assert_eq!(Role::Overseer.permissions(), [May::ReadAudit]);
        assert!(!Role::Investigator.may(May::Approve) && !Role::Duty.may(May::Search));
        for permission in Permission::ALL {
            let is_given = Role::ALL.iter().any(|role| role.may(permission));
            assert_eq!(is_given, permission != May::Unmask, "{permission}");
            assert_eq!(permission.as_str().parse(), Ok(permission));
        }
    }

    #[test]
    fn a_place_is_meant_to_the_letter_and_by_all_its_names() {
        let held = |place: &str| {
            ids(reach(&[grant(Role::Duty, place)], None).scope(&[Permission::Follow]))
        };
        assert_eq!(held("Phường 1"), ["gate", "yard"]);
        assert_eq!(held("Phường 1/Hà Nội"), ["gate"]);
        assert_eq!(held("Huế"), ["yard"]);
        assert!(held("phường 1").is_empty() && held("Phường").is_empty());
        assert!(Place::node("Phường 1/").is_err() && Place::node(" ").is_err());
        assert!(!Place::Node(Vec::new()).holds(&camera("roof"), &[]));
    }

    #[test]
    fn each_permission_reaches_as_far_as_the_grants_that_give_it() {
        let one = Grant { role: Role::Duty, place: Place::Cameras([camera("roof")].into()) };
        let grants = [one, grant(Role::Investigator, "Huế"), grant(Role::Duty, "Huế")];
        let reach = reach(&grants, None);
        assert_eq!(ids(reach.scope(&[Permission::Follow])), ["roof", "yard"]);
        assert_eq!(ids(reach.scope(&[Permission::Play])), ["yard"]);
        assert_eq!(ids(reach.scope(&[Permission::Play, Permission::Live])), ["roof", "yard"]);
        assert_eq!(reach.scope(&[Permission::Configure, Permission::Approve]), None);
    }

    #[test]
    fn what_lies_under_masks_is_seen_by_the_sites_policy_only() {
        let grants = [grant(Role::Investigator, "Huế"), grant(Role::Duty, "Hà Nội")];
        let none: [(&CameraId, &[String]); 0] = [];
        let sees = |unmasked: &[Role], only: Option<&[Permission]>| {
            Reach::by_policy(&grants, only, unmasked, none.into_iter()).may(Permission::Unmask)
        };
        assert!(!sees(&[], None) && !sees(&[Role::Supervisor], None));
        assert!(sees(&[Role::Investigator], None));
        // A token that is limited to less has less.
        assert!(!sees(&[Role::Investigator], Some(&[Permission::Play])));
    }

    #[test]
    fn what_is_limited_to_some_permissions_has_no_other() {
        let all = [Grant { role: Role::Supervisor, place: Place::Site }];
        let limited = reach(&all, Some(&[Permission::Monitor, Permission::Search]));
        assert!(limited.may(Permission::Monitor));
        assert!(!limited.may(Permission::Follow) && !limited.may(Permission::Search));
    }

    #[test]
    fn what_is_asked_for_is_narrowed_and_never_widened() {
        let some = Scope::Cameras([camera("gate"), camera("yard")].into());
        assert_eq!(some.narrow(Some(vec![camera("roof")])), Some(Vec::new()));
        let asked = Some(vec![camera("yard"), camera("roof")]);
        assert_eq!(some.narrow(asked.clone()), Some(vec![camera("yard")]));
        assert_eq!(Scope::Site.narrow(asked.clone()), asked);
        assert_eq!(Scope::Site.narrow(None), None);
        assert_eq!(Scope::NONE.narrow(None), Some(Vec::new()));
    }
}
