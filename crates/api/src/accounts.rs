//! Who may sign in and what they may do where, for who administers the site.
//!
//! Nobody changes their own grants, or shuts themselves out: what somebody is given, another has
//! given. The audit trail has every change before it is made.

pub(crate) mod bodies;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{AccountName, AuditAction, AuditDraft, Grant, Place};
use evidence::chain;
use index::{Account, AccountKind, IndexError, NewAccount};
use serde_json::{Value, json};
use tracing::info;

use crate::access::{Caller, Secret, hash_password};
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

use bodies::{AccountBody, AccountsBody, ChangedBody, GrantAsked, NewAccountBody};

/// Roles that one account may be given at once.
const MOST_GRANTS: usize = 50;
/// Characters that a name for people may have.
const MOST_CHARACTERS: usize = 100;

/// Who may do what where
///
/// People and services; those that are shut out too, as their names stand in what they did.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "access",
    operation_id = "accounts",
    responses(
        (status = 200, description = "Every account, by name", body = AccountsBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn accounts(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<AccountsBody>, ApiError> {
    let accounts = state.query(|index| index.accounts().list()).await?;
    Ok(Json(AccountsBody { accounts: accounts.iter().map(AccountBody::from).collect() }))
}

/// Make an account for a person
///
/// Its password is made at random and told in the answer, once; its owner sets another at the first
/// sign-in, before anything else. Names are never given twice.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "access",
    operation_id = "add_account",
    request_body(content = NewAccountBody, content_type = "application/json"),
    responses(
        (status = 201, description = "Made; the answer holds the password", body = ChangedBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The name was given before", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let NewAccountBody { name, display_name, grants } = read_json(body).await?;
    let display_name = display_name.unwrap_or_else(|| name.to_string()).trim().to_owned();
    if !(1..=MOST_CHARACTERS).contains(&display_name.chars().count()) {
        let reason = format!("has 1 to {MOST_CHARACTERS} characters");
        return Err(ApiError::refuse("display_name", reason));
    }
    if !(1..=MOST_GRANTS).contains(&grants.len()) {
        return Err(ApiError::refuse("grants", format!("are 1 to {MOST_GRANTS}")));
    }
    let grants: Vec<Grant> =
        grants.into_iter().map(|asked| granted(&state, asked)).collect::<Result<_, _>>()?;
    let changed = state
        .log_in(move |state| {
            let accounts = state.parts().index.accounts();
            if accounts.get(&name)?.is_some() {
                return Err(ApiError::AccountExists(name));
            }
            let password = Secret::password().map_err(ApiError::Randomness)?;
            note(state, &caller, &name, &json!({ "act": "add", "grants": grants }))?;
            let account = NewAccount {
                name: name.clone(),
                kind: AccountKind::Person,
                display_name,
                password: Some(hashed(&password)?),
                only: None,
                grants,
            };
            match accounts.add_with_given_password(&account, state.parts().clock.now()) {
                Err(IndexError::NameTaken { name }) => return Err(ApiError::AccountExists(name)),
                other => other?,
            }
            info!(account = %name, by = %caller.name(), "account made");
            told(state, &name, Some(password))
        })
        .await?;
    let location = [(header::LOCATION, "/api/v1/accounts")];
    Ok((StatusCode::CREATED, location, Json(changed)).into_response())
}

/// What is to be changed of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Grant,
    Revoke,
    Close,
    Open,
    Password,
}

impl std::str::FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "grant" => Self::Grant,
            "revoke" => Self::Revoke,
            "close" => Self::Close,
            "open" => Self::Open,
            "password" => Self::Password,
            _ => return Err("use one of grant, revoke, close, open, password".to_owned()),
        })
    }
}

/// Change what an account may do
///
/// `grant` a role over a place, or `revoke` it as it was granted; `close` the account, which ends
/// its sessions and tokens at once, or `open` it again; `password` makes a new one at random, told
/// in the answer, once, which its owner changes at the next sign-in. Nobody changes their own grants, or closes their own account.
#[utoipa::path(
    post,
    path = "/accounts/{account}/{change}",
    tag = "access",
    operation_id = "change_account",
    request_body(content = Option<GrantAsked>, description = "The role and the place, for `grant` and `revoke`", content_type = "application/json"),
    params(
        ("account" = String, Path, description = "The account's name"),
        ("change" = String, Path, description = "`grant`, `revoke`, `close`, `open` or `password`"),
    ),
    responses(
        (status = 200, description = "Changed", body = ChangedBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such account", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be changed so", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Json<ChangedBody>, ApiError> {
    let name: AccountName = names.parse("account")?;
    let change: Change = names.parse("change")?;
    let grant = match change {
        Change::Grant => Some(granted(&state, read_json(body).await?)?),
        // The place may have gone since.
        Change::Revoke => Some(read_json::<GrantAsked>(body).await?.into_grant()?),
        _ => None,
    };
    let changed = state
        .log_in(move |state| {
            let known = state.parts().index.accounts().get(&name)?;
            let known = known.ok_or_else(|| ApiError::NoSuchAccount(name.clone()))?;
            allowed(&caller, &known, change)?;
            let password = match change {
                Change::Password => Some(Secret::password().map_err(ApiError::Randomness)?),
                _ => None,
            };
            let act = format!("{change:?}").to_lowercase();
            note(state, &caller, &name, &json!({ "act": act, "grant": grant }))?;
            apply(state, &name, change, grant.as_ref(), password.as_ref())?;
            info!(account = %name, by = %caller.name(), act, "account changed");
            told(state, &name, password)
        })
        .await?;
    Ok(Json(changed))
}

/// Refuses what nobody may do to this account.
fn allowed(caller: &Caller, account: &Account, change: Change) -> Result<(), ApiError> {
    let is_own = *caller.name() == account.name;
    if is_own && change != Change::Password {
        let why = "nobody changes their own account: another administrator does";
        return Err(ApiError::NotSoChanged(why.to_owned()));
    }
    if change == Change::Password && account.kind == AccountKind::Service {
        let why = "a service has a token in place of a password: `watchpost token add`";
        return Err(ApiError::NotSoChanged(why.to_owned()));
    }
    Ok(())
}

fn apply(
    state: &ApiState,
    name: &AccountName,
    change: Change,
    grant: Option<&Grant>,
    password: Option<&Secret>,
) -> Result<(), ApiError> {
    let accounts = state.parts().index.accounts();
    match (change, grant, password) {
        (Change::Grant, Some(grant), _) => accounts.grant(name, grant)?,
        (Change::Revoke, Some(grant), _) => {
            if !accounts.revoke(name, grant)? {
                let why = format!("{name} was not granted {} of {}", grant.role, grant.place);
                return Err(ApiError::NotSoChanged(why));
            }
        }
        (Change::Password, _, Some(password)) => {
            accounts.give_password(name, &hashed(password)?)?
        }
        (Change::Open, ..) => accounts.set_disabled(name, false)?,
        _ => accounts.set_disabled(name, true)?,
    }
    Ok(())
}

fn hashed(password: &Secret) -> Result<String, ApiError> {
    let failed = |error: crate::PasswordError| {
        ApiError::Randomness(std::io::Error::other(error.to_string()))
    };
    hash_password(password.reveal()).map_err(failed)
}

fn told(
    state: &ApiState,
    name: &AccountName,
    password: Option<Secret>,
) -> Result<ChangedBody, ApiError> {
    let account = state.parts().index.accounts().get(name)?;
    let account = account.ok_or_else(|| ApiError::NoSuchAccount(name.clone()))?;
    let password = password.map(|password| password.reveal().to_owned());
    Ok(ChangedBody { account: AccountBody::from(&account), password })
}

/// Writes down what is about to be done to an account.
fn note(
    state: &ApiState,
    caller: &Caller,
    name: &AccountName,
    what: &Value,
) -> Result<(), ApiError> {
    let draft = AuditDraft {
        time: state.parts().clock.now(),
        actor: caller.name().clone(),
        action: AuditAction::AccountChanged,
        object: format!("account {name}"),
        case: None,
        purpose: None,
        detail: what.to_string(),
    };
    state.parts().index.custody().append_audit(&draft, chain::link)?;
    Ok(())
}

/// Returns what is asked for, if it reaches a camera: a slip of the pen would grant nothing.
fn granted(state: &ApiState, asked: GrantAsked) -> Result<Grant, ApiError> {
    let grant = asked.into_grant()?;
    let cameras = state.site_cameras();
    if let Place::Cameras(wanted) = &grant.place {
        let known = |id: &domain::CameraId| cameras.shown.iter().any(|camera| camera.id == *id);
        if let Some(unknown) = wanted.iter().find(|id| !known(id)) {
            return Err(ApiError::refuse("cameras", format!("there is no camera \"{unknown}\"")));
        }
    }
    let is_reached =
        cameras.shown.iter().any(|camera| grant.place.holds(&camera.id, &camera.place));
    if !is_reached && grant.place != Place::Site {
        let reason = format!("no camera lies in {}: write it as the cameras have it", grant.place);
        return Err(ApiError::refuse("node", reason));
    }
    Ok(grant)
}
