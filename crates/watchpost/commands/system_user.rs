//! Which user of the operating system runs a command: who the audit trail says did it.
//!
//! Whoever may run these commands may write the index as well; what stands in the trail is what the
//! system says of them, not an account that they name.

use domain::AccountName;
use rustix::process::getuid;
use serde_json::{Value, json};

/// What the system says where nobody has logged in: a service, a container (proc(5), `loginuid`).
const NOBODY: u32 = u32::MAX;

/// The user of the operating system who runs this command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemUser {
    /// As whom it runs.
    user: String,
    /// Who logged in, which `su`, `sudo` and `runuser` do not change; `None` where nobody did.
    logged_in: Option<String>,
}

impl SystemUser {
    /// Asks the system.
    pub(crate) fn of_this_command() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let users = read("/etc/passwd");
        let logged_in = read("/proc/self/loginuid").trim().parse().ok();
        let logged_in = logged_in.filter(|uid| *uid != NOBODY);
        Self {
            user: name_of(getuid().as_raw(), &users),
            logged_in: logged_in.map(|uid| name_of(uid, &users)),
        }
    }

    /// Returns who acts, as the audit trail names them.
    pub(crate) fn actor(&self) -> AccountName {
        AccountName::of_system_user(self.logged_in.as_ref().unwrap_or(&self.user))
    }

    /// Returns all that is known of them, for the detail of an entry.
    pub(crate) fn told(&self) -> Value {
        json!({ "user": self.user, "logged_in": self.logged_in })
    }
}

/// Returns what a user is called in `users`, the text of passwd(5); their number if they are not in it.
fn name_of(uid: u32, users: &str) -> String {
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| uid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logged_in_acts_whoever_they_became() {
        let users = "root:x:0:0:root:/root:/bin/bash\nlan.nguyen:x:1000:1000::/home/lan:/bin/sh\n";
        assert_eq!(name_of(0, users), "root");
        assert_eq!(name_of(1000, users), "lan.nguyen");
        assert_eq!(name_of(7, users), "7");
        assert_eq!(name_of(7, "broken\n::\n"), "7");
        let became = |logged_in: Option<&str>| SystemUser {
            user: "root".into(),
            logged_in: logged_in.map(str::to_owned),
        };
        assert_eq!(became(Some("lan.nguyen")).actor().as_str(), "system:lan.nguyen");
        assert_eq!(became(None).actor().as_str(), "system:root");
        assert_eq!(became(None).told(), json!({ "user": "root", "logged_in": null }));
    }
}
