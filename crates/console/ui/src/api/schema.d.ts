// Made from docs/ref/openapi.json by `npm run api`; not edited by hand.

export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who may do what where
         * @description People and services; those that are shut out too, as their names stand in what they did.
         *
         *     Needs `configure` over the whole site.
         */
        get: operations["accounts"];
        put?: never;
        /**
         * Make an account for a person
         * @description Its password is made at random and told in the answer, once; its owner sets another at the first
         *     sign-in, before anything else. Names are never given twice.
         *
         *     Needs `configure` over the whole site.
         */
        post: operations["add_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{account}/{change}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change what an account may do
         * @description `grant` a role over a place, or `revoke` it as it was granted; `close` the account, which ends
         *     its sessions and tokens at once, or `open` it again; `password` makes a new one at random, told
         *     in the answer, once, which its owner changes at the next sign-in. Nobody changes their own grants, or closes their own account.
         *
         *     Needs `configure` over the whole site.
         */
        post: operations["change_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alerts, newest first or as they are to be dealt with
         * @description Needs `follow`.
         */
        get: operations["alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do the same about many alerts of severity 3 or 4
         * @description Each alert for itself: what cannot be done about one keeps none of the others.
         *
         *     Needs `handle`.
         */
        post: operations["act_on_alerts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The alert feed
         * @description Server-sent events: `alert` with an alert as JSON whenever one is raised, grows or is handled
         *     otherwise, and `flood` whenever there are more alerts than people can look at, and when that is
         *     over; its place in the log as `id`. Who was away gets each alert that changed once, as it is
         *     now. Otherwise like the event feed.
         *
         *     Needs `follow`.
         */
        get: operations["alert_feed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One alert, with what was done about it and what is to be done
         * @description Needs `follow` or `search`.
         */
        get: operations["alert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All events of an alert
         * @description Needs `follow` or `search`.
         */
        get: operations["alert_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}/{action}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do something about an alert
         * @description `ack`: I have seen it and answer for it. `assign`, `escalate`: somebody else is to deal with it.
         *     `silence`: it sounds at no desk any more, until it is put before somebody higher, or until the time
         *     that was said; nobody answers for it by that. `shelve`, `unshelve`: out of the queue for a while, and back. `note`. `step`: a step of the
         *     procedure is done. `close`, `reopen`. `hold`: the alert and its log are kept longer than the
         *     rest, with the footage and the events of its moment, two minutes before and after, by a legal hold
         *     that two people lift, or that ends by itself at `until`. Every action names the `version` of the handling that was seen; if somebody was first,
         *     nothing is done and the answer says who, and how the alert is handled now. Acknowledging again is
         *     no mistake. With an `Idempotency-Key` a request that was lost on the way can be repeated for a
         *     day, and is answered alike.
         *
         *     Needs `handle`.
         */
        post: operations["act_on_alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The trail of who did what
         * @description Newest first. That it was read becomes an entry itself before it is answered.
         *
         *     Needs `read_audit` over the whole site.
         */
        get: operations["audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the audit trail is whole
         * @description Follows it from its first entry on, beside the heads that were signed here; whoever holds the
         *     site's key could have signed others, which only a second place shows (`watchpost audit verify
         *     --heads`). That it was checked is an entry of its own, the last one that is followed.
         *
         *     Needs `read_audit` over the whole site.
         */
        get: operations["audit_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/head": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last signed head
         * @description Null before the first one is signed: hourly, on stop and by every export. That it was read
         *     becomes an entry first.
         *
         *     Needs `read_audit` over the whole site.
         */
        get: operations["audit_head"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post a call, or what has changed of one
         * @description One call to 113, 114 or 115 as JSON, or as a CloudEvent 1.0 in structured or binary mode. It becomes
         *     an incident: an alert at the duty desk and a case with the cameras nearby and their footage marked.
         *     The same id posted again revises it; the same words again change nothing. Answered with 201 when it
         *     is new, else with 200.
         *
         *     Needs the token of a source.
         */
        post: operations["post_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calls/{incident}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How an incident stands, for the system that told of the call
         * @description Only its own: another's is as one that is not there.
         *
         *     Needs the token of a source.
         */
        get: operations["call_state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every camera of the caller, with the state of its streams
         * @description As GeoJSON.
         *
         *     Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["cameras"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One camera, with the state of its streams
         * @description As GeoJSON.
         *
         *     Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["camera"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/footage.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The playlist of a clip
         * @description HLS (RFC 8216) over the recorded files, for players that seek through long spans. Files that
         *     privacy masks lie over are listed as viewing copies; with `rendition=h264` all are.
         *
         *     Needs `play`.
         */
        get: operations["playlist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/footage.mp4": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A clip
         * @description Whatever is recorded of the span, as one MP4 of whole GOPs, never transcoded; takes `Range`. Where
         *     privacy masks lie over it, or with `rendition=h264`, a viewing copy: H.264, made while it is sent,
         *     ten minutes at most, no `Range`; the header `Watchpost-Viewing-Copy` says so, `Watchpost-Start` the
         *     moment of its first picture.
         *
         *     Needs `play`.
         */
        get: operations["clip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/frame.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One picture of a camera
         * @description The picture on view at `time`, decoded from the footage; the header `Watchpost-Time` says of which
         *     moment it is. One older than a minute needs `play`, and each is a look in the audit trail; newer ones
         *     are one look as long as one goes on asking within a minute. Of a camera whose persons are softened
         *     (`persons_softened`) they are in one that is newer.
         *
         *     Needs `live` or `play`.
         */
        get: operations["frame"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a camera shows now
         * @description A WebSocket (RFC 6455). Text messages are JSON and say what comes: `start` (media type, size, the
         *     time of the first picture), `state` (of the camera), `behind`, `refused`, `ended`. Binary messages
         *     are MP4: after each `start` an initialization segment, then fragments as the pictures come. Each
         *     opening is a look in the audit trail. Of a camera with privacy masks a viewing copy comes, masks
         *     painted over, and of one whose persons are softened one in which they are: `start` says so. With
         *     `rendition=h264` a copy comes of any camera.
         *
         *     Needs `live`.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/live.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a camera shows now, as HLS
         * @description A live playlist (RFC 8216) of the newest GOPs as they lie on disk: of streams that are recorded. It
         *     grows with each GOP; each piece bears its wall-clock time. Players that cannot send `Authorization:
         *     Bearer` show a token as the password of `Authorization: Basic`. Begun anew it is a look in the audit
         *     trail.
         *
         *     Needs `live`.
         */
        get: operations["live_playlist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/live/{piece}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A piece of what a camera shows now
         * @description What a live playlist names: the head of a recorded file, or one GOP of it, for three minutes.
         *
         *     Needs `live`.
         */
        get: operations["live_piece"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What of a span is recorded
         * @description Spans without a break, with their files, and the gaps between them with their causes.
         *
         *     Needs `play`.
         */
        get: operations["recordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/scene": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a camera's pictures are judged by now
         * @description Changed in the configuration, and tried by `POST /replays`.
         *
         *     Needs `search` or `configure`.
         */
        get: operations["camera_scene"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/sprite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The moments of a sheet of small pictures
         * @description Evenly over the range, by the keyframes of the footage; `href` is the sheet itself.
         *
         *     Needs `play`.
         */
        get: operations["sprite"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/sprite.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A sheet of small pictures
         * @description As `/sprite` lays it out.
         *
         *     Needs `play`.
         */
        get: operations["sprite_sheet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera}/thumbnail.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A small picture
         * @description The keyframe of the footage on view at `time`, with its privacy masks. For results and lists; the
         *     picture of the very moment is `frame.jpg`.
         *
         *     Needs `play`.
         */
        get: operations["thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cases, newest first
         * @description Needs `handle` or `search`.
         */
        get: operations["cases"];
        put?: never;
        /**
         * Open a case
         * @description Needs `handle` or `search`.
         */
        post: operations["open_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{case}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A case with what was put into it
         * @description Needs `handle` or `search`.
         */
        get: operations["case"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{case}/footage.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The playlist of a case's footage
         * @description HLS (RFC 8216) over the spans that were marked in the case, in the order in which they were taken, of
         *     the cameras that one may play: each with its wall-clock time. Files that privacy masks lie over are
         *     listed as viewing copies; with `rendition=h264` all are, so that a player need not change its decoder
         *     between cameras.
         *
         *     Needs `play`.
         */
        get: operations["case_playlist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{case}/marks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put something into a case
         * @description An alert in a case is kept as long as the case. Footage is only named: it expires as all footage
         *     does.
         *
         *     Needs `handle` or `search`.
         */
        post: operations["mark_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connection-tests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try whether a camera can be reached
         * @description As recording would: with its user and password, to the first picture, 15 seconds at most. One at
         *     once; nothing is kept, and nothing recorded.
         *
         *     Needs `configure` over the whole site.
         */
        post: operations["test_connection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much of a range was seen, recorded and analysed
         * @description Each camera and all together, with the causes of what is missing, and how many cameras are seen,
         *     recorded and analysed now. What is not known never counts as covered.
         *
         *     Needs `follow` or `search` or `monitor`.
         */
        get: operations["coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events found by time and place
         * @description The first page tells what was covered: that nothing was found, and that nothing was looked at, are
         *     two answers. A question with `gate` may get a page with fewer events than `limit`, or none, and
         *     still a `next`: what is looked at for one page is bounded.
         *
         *     Needs `search`.
         */
        get: operations["search_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/histogram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events counted by the hour
         * @description Needs `search`.
         */
        get: operations["event_histogram"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The event feed
         * @description Server-sent events: `event` with an event as JSON, its place in the log as `id`; a comment (or
         *     `beat`) when nothing happens; `reset` when the place is none of this log, which then is another one
         *     than the client knew. Reconnecting with `Last-Event-ID` misses and repeats nothing. A place is a
         *     number to who follows the whole site, and otherwise a text that says nothing of what happens
         *     elsewhere.
         *
         *     Needs `follow`.
         */
        get: operations["event_feed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event, with the ways to its pictures and footage
         * @description Needs `follow` or `search`.
         */
        get: operations["event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/alert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The alert that an event belongs to
         * @description Needs `follow` or `search`.
         */
        get: operations["event_alert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/footage.mp4": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The footage of an event
         * @description From ten seconds before it to ten after, of one that lasts its first forty, as one MP4 of whole
         *     GOPs; a viewing copy as a clip is, and always with its masks. For who follows events and decides on
         *     them, who needs no `play` and no purpose for it; of cameras whose persons are softened it is refused.
         *     Who looks stands in the audit trail, once a shift.
         *
         *     Needs `follow`.
         */
        get: operations["event_clip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/stills/{which}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture of an event
         * @description A second `before`, `at`, or a second `after` the event, from the camera's main stream. There as
         *     soon as the camera has sent it, on disk or not; until then 503 says when to ask again. Persons are
         *     softened where the site's policy says so, and all of the picture where it is not known any more
         *     where they were. Who looks at an event's pictures stands in the audit trail, once a shift.
         *
         *     Needs `follow` or `search`.
         */
        get: operations["event_still"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Exports, newest first
         * @description Those of the asking account; to who may be the second person those, too, that lie within their
         *     place and in which one is needed.
         *
         *     Needs `export` or `approve`.
         */
        get: operations["exports"];
        put?: never;
        /**
         * Order a sealed package
         * @description Clips with the cameras' own pictures (masked copies where privacy masks lie over them), events with
         *     stills, a signed manifest, the case's part of the audit trail; `docs/guide/evidence.md`. Made in the
         *     background; an entry of the audit trail. Where the site's policy asks for it, it waits for a second
         *     person (`state` is `asked`).
         *
         *     Needs `export`.
         */
        post: operations["order_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How an export is going
         * @description Needs `export` or `approve`.
         */
        get: operations["export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export}/decision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree to an export, or refuse it
         * @description By another person than the one who ordered it. What is agreed to is made at once.
         *
         *     Needs `approve`.
         */
        post: operations["decide_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export}/package.zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A sealed package
         * @description Takes `Range`. That it was fetched from its first byte on is an entry of the audit trail.
         *
         *     Needs `export`.
         */
        get: operations["export_package"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post what another system found
         * @description One finding as JSON, or as a CloudEvent 1.0 in structured or binary mode. The same id posted
         *     again is stored once, and answered with 200 in place of 201.
         *
         *     Needs the token of a source.
         */
        post: operations["post_finding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the service does what it is there for
         * @description Anyone is told how it is. Who may see cameras is told of their streams, and who has `monitor` over
         *     the whole site of all parts.
         *
         *     Needs no log-in.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The holds in force
         * @description Needs `hold` or `approve`.
         */
        get: operations["holds"];
        put?: never;
        /**
         * Place a hold
         * @description Nothing that it covers is deleted from then on, also of what is still to be recorded: until two
         *     people lift it, or until `until`.
         *
         *     Needs `hold`.
         */
        post: operations["place_hold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/holds/{hold}/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree to lift a hold
         * @description By another person than the one who asked. Where it held the footage of an alert (`hold` of an alert's
         *     actions), the alert is held no more, and its log says so (`release`).
         *
         *     Needs `hold` or `approve`.
         */
        post: operations["lift_hold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/holds/{hold}/lift-request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask to lift a hold
         * @description It stays in force until another person agrees.
         *
         *     Needs `hold`.
         */
        post: operations["ask_to_lift_hold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{incident}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An incident: what was said, the cameras nearby and their footage, what else happened there
         * @description Needs `follow` or `search`.
         */
        get: operations["incident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map/layers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the site draws on its map
         * @description Wards, closed roads, posts: layers of the configuration's `[map]`, above the base map and below the
         *     cameras.
         *
         *     Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["map_layers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map/layers/{layer}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What one layer of the map draws
         * @description A GeoJSON feature collection of points, lines and areas; the property `name` is written beside a
         *     feature that has one.
         *
         *     Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["map_layer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who one is, and what one may do
         * @description Needs a log-in or a token.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set one's own password
         * @description Needs the present one, so that a desk left open is not taken over. Ends every other session of the
         *     account; this one goes on. Wrong ones are counted like log-ins that fail, and lock the name for a
         *     while. Somebody whose password another chose can do nothing else before (`must_change_password` of
         *     who one is).
         *
         *     Needs a log-in or a token.
         */
        post: operations["change_own_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is told of events, and how that is going
         * @description Needs `monitor` over the whole site.
         */
        get: operations["notifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{target}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends a target's dead letters again
         * @description They go behind what is already on its way and arrive late: after events of their cameras that
         *     came later. Those that are taken are dead letters no more; those that fail stay.
         *
         *     Needs `configure` over the whole site.
         */
        post: operations["retry_notifications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/officers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who may handle alerts where the caller may
         * @description Needs `handle`.
         */
        get: operations["officers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Needs no log-in.
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/places": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Places by their names
         * @description What the site named itself, the provinces and wards of Vietnam since 1 July 2025, and the
         *     districts and wards before, which tell the wards they lie in now.
         *
         *     Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["places"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/places/{place}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One place
         * @description Needs `follow` or `live` or `search` or `play` or `monitor`.
         */
        get: operations["place"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/purposes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's purposes
         * @description Those that are still good. What is searched and looked at is noted under the first, unless the
         *     request names another with the header `Watchpost-Purpose`.
         *
         *     Needs `search` or `play` or `export` or `hold`.
         */
        get: operations["purposes"];
        put?: never;
        /**
         * State a purpose
         * @description Good for eight hours, for whoever stated it alone; an entry of the audit trail.
         *
         *     Needs `search` or `play` or `export` or `hold`.
         */
        post: operations["state_purpose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/purposes/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The purpose in force
         * @description The one that the asking account stated or took up last, if it is still good; otherwise null.
         *
         *     Needs `search` or `play` or `export` or `hold`.
         */
        get: operations["current_purpose"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/purposes/{purpose}/take-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a purpose up again
         * @description It is in force from then on, for as long as it is good; an entry of the audit trail.
         *
         *     Needs `search` or `play` or `export` or `hold`.
         */
        post: operations["take_up_purpose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/region-searches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Search a region of a view
         * @description What happened in a polygon on one camera's past: first the stored tracks, then the keyframes. Runs
         *     in the background; `Location` tells how it is going. An entry of the audit trail, under the
         *     purpose in force. A region behind a privacy mask is refused.
         *
         *     Needs `search`.
         */
        post: operations["search_region"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/region-searches/{region}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a region search is going
         * @description And what it has found so far.
         *
         *     Needs `search`.
         */
        get: operations["region_search"];
        put?: never;
        post?: never;
        /**
         * Cancel a region search
         * @description What it has found stays to be read.
         *
         *     Needs `search`.
         */
        delete: operations["cancel_region_search"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask a rule of the past
         * @description Judges zones, tripwires and rules over the stored tracks of a span, without decoding a picture:
         *     by the same code that judges live ones. The answer is a line of JSON per finding and for
         *     progress, the last one `done` or `failed`. A client that goes away ends it. What signals showed is
         *     not stored: rules that need one find nothing, unless it has a fixed plan; the first line,
         *     `unjudged`, names them.
         *
         *     Needs `search`.
         */
        post: operations["replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/shift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The report of a shift or a day
         * @description One HTML page without anything from elsewhere, to be printed and filed: alerts by kind, how fast
         *     they were answered, what they came to, how much was covered, the grave ones one by one. Times are
         *     those of Vietnam.
         *
         *     Needs `follow` over the whole site.
         */
        get: operations["shift_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/shift/figures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the report of a shift or a day says, as figures
         * @description The same as the page, for those who draw their own.
         *
         *     Needs `follow` over the whole site.
         */
        get: operations["shift_figures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules that cameras are judged by now
         * @description By camera, with their names alone: `/cameras/{camera}/scene` has what they say.
         *
         *     Needs `search` or `configure`.
         */
        get: operations["rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/saved-searches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Saved searches
         * @description One's own, and those that others share as far as one may search the cameras that they name.
         *
         *     Needs `search`.
         */
        get: operations["saved_searches"];
        put?: never;
        /**
         * Save a search
         * @description Its conditions are checked as if they were asked. One of the same account and name is replaced.
         *
         *     Needs `search`.
         */
        post: operations["save_search"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/saved-searches/{search}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Forget a saved search
         * @description Needs `search`.
         */
        delete: operations["forget_search"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/segments/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A recorded file
         * @description As it lies on disk: fragmented MP4, one GOP per fragment; takes `Range`. Of a file still being
         *     written, what is on disk so far. Where privacy masks lie over it, or with `rendition=h264`, a viewing
         *     copy, as a clip is.
         *
         *     Needs `play`.
         */
        get: operations["segment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Answers with a cookie that no script can read and no other site makes the browser send. A name
         *     whose log-ins fail again and again is locked for a while, whether there is such an account or not.
         *     The audit trail has each log-in, those that failed as one entry for all of half a minute.
         *
         *     Needs no log-in.
         */
        post: operations["sign_in"];
        /**
         * Sign out
         * @description Needs a log-in or a token.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shelvings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules that are shelved now
         * @description Needs `handle`.
         */
        get: operations["shelvings"];
        put?: never;
        /**
         * Shelve a rule at a camera
         * @description Its alerts are out of the queue until then, those that come as well as those that nobody else has
         *     taken on. Each is recorded, counted and searched as ever, says who shelved it and until when, and
         *     comes back by itself.
         *
         *     Needs `handle`.
         */
        post: operations["shelve_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shelvings/{shelving}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a shelving before its time
         * @description The alerts that it has taken out of the queue come back.
         *
         *     Needs `handle`.
         */
        post: operations["end_shelving"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the shift has before it
         * @description Needs `handle` over the whole site.
         */
        get: operations["shift"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shift/handover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hand the shift over: the signature of who leaves
         * @description What is open, assigned and shelved is written down with it. It counts once who takes over has
         *     signed as well; until then a new one takes its place.
         *
         *     Needs `handle` over the whole site.
         */
        post: operations["hand_over_shift"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shift/handover/{handover}/sign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the shift over: the signature of who comes
         * @description Needs `handle` over the whole site.
         */
        post: operations["sign_handover"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signals/{signal}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Tell what a traffic light shows
         * @description At every change, and again and again in between, more often than the signal's `valid_for_s`.
         *     Telling the same twice changes nothing; what is older than what was told last is left out.
         *
         *     Needs the token of a source.
         */
        put: operations["put_signal"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many alerts are raised, over time and now
         * @description Needs `follow` over the whole site.
         */
        get: operations["alert_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How long the room on each volume lasts
         * @description From the rate of the last day. A full volume deletes its oldest footage and goes on.
         *
         *     Needs `monitor` over the whole site.
         */
        get: operations["storage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alerts, events and who else is at the desk, in one stream
         * @description Server-sent events: `alert` and `flood` as the alert feed tells them, `event` as the event feed does,
         *     `presence` with the people who may handle alerts where the caller may and have a console open; `beat`
         *     and `reset` as the feeds do. An `id` holds the places in all logs that are followed: reconnecting with
         *     `Last-Event-ID` misses and repeats nothing.
         *
         *     Needs `follow`.
         */
        get: operations["stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Coverage, activity, events and alerts of some cameras over time
         * @description What lanes over time need, in one answer: for each camera when it was not recorded and not looked
         *     at, with causes, how many objects were in view in each of `buckets` parts of the span, and the events
         *     and alerts in it. A camera that the caller may not search is not told of.
         *
         *     Needs `search`.
         */
        get: operations["timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tracks of a span
         * @description What is looked at for one page is bounded: a page may hold fewer tracks than `limit`, or none, and
         *     still a `next`.
         *
         *     Needs `search`.
         */
        get: operations["tracks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unmaskings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asked to look under privacy masks, newest first
         * @description Those of the asking account; to who may be the second person those, too, that lie within their place.
         *
         *     Needs `unmask` or `approve`.
         */
        get: operations["unmaskings"];
        put?: never;
        /**
         * Ask to look under privacy masks
         * @description What masks hide, or softening, is shown with `masks=off` once a second person has agreed, to who
         *     asked, of the cameras named, for the time asked. An entry of the audit trail.
         *
         *     Needs `unmask`.
         */
        post: operations["ask_to_unmask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unmaskings/{unmasking}/decision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree that somebody looks under privacy masks, or refuse it
         * @description By another person than the one who asked. The time begins to run with it.
         *
         *     Needs `approve`.
         */
        post: operations["decide_unmasking"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/verdicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What closed alerts came to, by camera and rule
         * @description Alerts that are open, or were reopened, count nowhere; those that have expired, neither.
         *
         *     Needs `follow` over the whole site.
         */
        get: operations["verdicts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An account. */
        AccountBody: {
            /**
             * @description Its name, by which it signs in and acts.
             * @example lan
             */
            name: string;
            /**
             * @description `person` or `service`.
             * @example person
             */
            kind: string;
            /** @description How people call it. */
            display_name: string;
            /** @description Whether it is shut out. */
            closed: boolean;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created: string;
            /** @description The roles with the places that they are held over. */
            grants: components["schemas"]["GrantBody"][];
            /** @description Of a service: nothing but these of the permissions that its roles give; null for all. */
            only?: string[] | null;
            /**
             * Format: date-time
             * @description When the token of a service ends.
             */
            token_expires?: string | null;
        };
        /** @description Every account. */
        AccountsBody: {
            /** @description By name. */
            accounts: components["schemas"]["AccountBody"][];
        };
        /** @description What an action came to. */
        ActedBody: {
            /** @description The alert. */
            alert: string;
            /** @description How it is handled after the action. */
            handling: components["schemas"]["HandlingBody"];
        };
        /** @description What is done, and of which version of the handling. */
        ActionBody: {
            /**
             * Format: int32
             * @description The version of the handling that was seen.
             */
            version: number;
            /**
             * @description `assign`, `escalate`: to whom.
             * @example csgt-1
             */
            to?: string | null;
            /** @description `escalate`, `shelve`, `close`, `reopen`, `hold`: why, 500 characters at most. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description `shelve`: when it comes back, 8 hours from now at most. `silence`: when it sounds again, likewise;
             *     may be left out. `hold`: when the hold of its footage ends by itself; left out: not before two
             *     people lift it.
             */
            until?: string | null;
            /** @description `note`: what is written down, 2000 characters at most. */
            text?: string | null;
            /**
             * Format: int32
             * @description `step`: which step of the procedure is done, from 1.
             */
            number?: number | null;
            /**
             * @description `close`: `true`, `false`, `duplicate` or `no_action`.
             * @example false
             */
            outcome?: string | null;
        };
        /** @description One happening, however many events tell of it. */
        AlertBody: {
            /** @description The event that raised it names it. */
            id: string;
            /**
             * Format: int32
             * @description Grows with every change, from 1.
             */
            version: number;
            /**
             * Format: int64
             * @description The number of its latest change among those of all alerts; null for who does not see the whole
             *     site, as it counts everything.
             */
            change?: number | null;
            /**
             * @description What kind of event it is, or `call_113`, `call_114`, `call_115` for a call.
             * @example red_light
             */
            kind: string;
            /** @description The rule that raised it; of a call, the source that told of it. */
            rule: string;
            /**
             * Format: int32
             * @description How grave the gravest of its events is: 1 is the gravest, 4 the least.
             */
            severity: number;
            /** @description What kind of object, if one. */
            class?: string | null;
            /** @description The cameras that saw it, in the order in which they told. */
            cameras: string[];
            location?: components["schemas"]["LocationBody"] | null;
            /**
             * Format: date-time
             * @description When the earliest of its events was.
             */
            first: string;
            /**
             * Format: date-time
             * @description When the latest of its events was.
             */
            last: string;
            /** @description The event that was folded in last. */
            last_event: string;
            /**
             * Format: int32
             * @description How many events tell of it.
             */
            count: number;
            /**
             * @description `momentary`: an act; `active`: trouble of a camera that lasts; `cleared`: it is over.
             * @example momentary
             */
            condition: string;
            /**
             * Format: date-time
             * @description When the trouble was over.
             */
            cleared?: string | null;
            /** @description How it is handled. */
            handling: components["schemas"]["HandlingBody"];
            /**
             * @description The first alert of those that stand in one row of the queue: the same rule at the same
             *     camera.
             */
            group: string;
            /**
             * Format: int32
             * @description How many of the group are asked for and stand in the queue; null unless `grouped` was asked for.
             */
            grouped?: number | null;
            /**
             * @description What a call is about, in a few words; null of what cameras found.
             * @example cháy nhà · Phường Hồng Hà
             */
            about?: string | null;
            /** @description All its events. */
            events: string;
        };
        /** @description One alert with all that is known of it. */
        AlertDetailBody: components["schemas"]["AlertBody"] & {
            frames?: components["schemas"]["StillsBody"] | null;
            /** @description SHA-256 of the model that found that event, in hex; null where it was no analysis of ours. */
            model?: string | null;
            /**
             * Format: float
             * @description How sure it was of the object, 0 to 1.
             */
            confidence?: number | null;
            /** @description What was done about it, in order. */
            log: components["schemas"]["LogEntryBody"][];
            /** @description What is to be done about alerts of this kind. */
            procedure: components["schemas"]["StepBody"][];
            /**
             * @description The rule that raised it, as the configuration has it now; null where there is none of that
             *     name.
             */
            rule_settings?: Record<string, never> | null;
        };
        /** @description Events of an alert. */
        AlertEventsBody: {
            /** @description Some of its events, in the order of storing. */
            events: components["schemas"]["EventBody"][];
            /** @description Give it as `after` to go on; null where the page is not full. */
            next?: string | null;
        };
        /** @description How many alerts are raised, beside what people can deal with (EEMUA 191, ISA-18.2). */
        AlertRateBody: {
            /**
             * Format: int32
             * @description Alerts raised in the last ten minutes.
             */
            in_ten_minutes: number;
            /**
             * Format: int32
             * @description How many desks share them.
             */
            desks: number;
            /**
             * Format: double
             * @description How many that is at each desk: about one can be dealt with.
             */
            per_desk: number;
            /**
             * Format: int32
             * @description More at one desk begin a flood.
             */
            flood_above: number;
            /**
             * Format: int32
             * @description Fewer at one desk end it.
             */
            calm_below: number;
            flood?: components["schemas"]["FloodBody"] | null;
        };
        /** @description How many alerts were raised in a span. */
        AlertSpanBody: {
            /**
             * Format: date-time
             * @description When it began.
             */
            start: string;
            /** @description How many of each severity, from 1 to 4. */
            by_severity: number[];
        };
        /** @description How many alerts were raised. */
        AlertStatsBody: {
            /**
             * Format: date-time
             * @description First moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description First moment after.
             */
            end: string;
            /**
             * Format: int32
             * @description Seconds of a span.
             */
            step_s: number;
            /** @description The spans in which alerts were raised, in order. */
            spans: components["schemas"]["AlertSpanBody"][];
            /** @description How it is now. */
            now: components["schemas"]["AlertRateBody"];
        };
        /** @description How many alerts of a severity are handled so far. */
        AlertTotalBody: {
            /**
             * Format: int32
             * @description Of which severity.
             */
            severity: number;
            /**
             * @description `new`, `acknowledged` or `in_progress`; `shelved` for those out of the queue, however far
             *     they are.
             * @example new
             */
            handling: string;
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
        };
        /** @description A page of alerts. */
        AlertsBody: {
            /** @description The alerts, in the order asked for; without one newest first by their first event. */
            alerts: components["schemas"]["AlertBody"][];
            /** @description The `cursor` of the next page; null on the last. */
            next?: string | null;
            /**
             * @description The newest place in the alert feed when the question was put: following it `after` that misses
             *     nothing that this answer does not hold.
             */
            as_of: string;
            /**
             * @description How many alerts of the whole site are not closed, by severity and state; empty for who may
             *     not see the whole site.
             */
            totals: components["schemas"]["AlertTotalBody"][];
            /**
             * @description How long alerts may wait until somebody acknowledges them: the first rung of their escalation.
             *     A severity that nobody is told of is left out.
             */
            answer_within: components["schemas"]["AnswerWithinBody"][];
        };
        /** @description How fast alerts of a severity were answered. */
        AnswerFigures: {
            /**
             * Format: int32
             * @description Which severity.
             */
            severity: number;
            /**
             * Format: int32
             * @description How many alerts.
             */
            alerts: number;
            /** @description How many somebody took charge of. */
            acknowledged: number;
            /**
             * Format: double
             * @description Seconds that half of those waited at most; null of none.
             */
            median_s?: number | null;
            /**
             * Format: double
             * @description Seconds that 95 % of those waited at most; null of none.
             */
            most_s?: number | null;
            /**
             * Format: int32
             * @description How many went higher.
             */
            escalated: number;
        };
        /** @description How long an alert of a severity may wait until somebody acknowledges it. */
        AnswerWithinBody: {
            /**
             * Format: int32
             * @description Of which severity.
             */
            severity: number;
            /**
             * Format: double
             * @description How long.
             * @example 30
             */
            seconds: number;
        };
        /** @description A place on the map. */
        AreaBody: {
            /** @description `circle`, `polygon` or `corridor`. */
            shape: string;
            /** @description Its middle, its corners or its line: latitude, longitude, in degrees. */
            points: number[][];
            /**
             * Format: double
             * @description How far it reaches around its middle or to each side of its line, in metres; 0 for a polygon.
             */
            reach_m: number;
        };
        /**
         * @description How much of a range something held. The seconds covered, missing, not configured and unknown make
         *     up the range.
         */
        AspectBody: {
            /**
             * Format: double
             * @description Seconds covered as a part of those covered or missing, 0 to 1; null when there are none.
             * @example 0.9973
             */
            share?: number | null;
            /**
             * Format: double
             * @description Seconds for which it held.
             */
            covered_s: number;
            /**
             * Format: double
             * @description Seconds for which it did not.
             */
            missing_s: number;
            /**
             * @description The same by cause: `off`, `connecting`, `disconnected`, `misconfigured`, `no_picture`,
             *     `frozen`, `too_dark`, `too_bright`, `blurred`, `starved`, `stopped`, `crashed`, and for
             *     recording `packet_loss`, `garbage`, `disk_slow`, `disk_full`, `disk_failed`, `clock_jump`.
             */
            causes_s: {
                [key: string]: number;
            };
            /**
             * Format: double
             * @description Seconds for which the camera was not configured.
             */
            not_configured_s: number;
            /**
             * Format: double
             * @description Seconds of which nothing is known: before anything was noted, after a crash, footage that has
             *     expired or is not on disk yet.
             */
            unknown_s: number;
            /** @description The longest spans missing or unknown, in order of time; empty in the sums. */
            gaps: components["schemas"]["CoverageGapBody"][];
            /** @description How many shorter ones are not told. */
            gaps_left_out: number;
        };
        /** @description Some entries of the audit trail, newest first. */
        AuditBody: {
            /** @description The entries. */
            entries: components["schemas"]["AuditEntryBody"][];
            /**
             * Format: int64
             * @description Give it as `before` to go on; null at the end.
             */
            next?: number | null;
        };
        /** @description Whether the trail is whole. */
        AuditCheckBody: {
            /** @description Whether every entry fits the ones before it, and what was signed. */
            whole: boolean;
            /** @description What does not fit, for a person; null where all does. */
            problem?: string | null;
            /**
             * Format: int64
             * @description How many entries there are; null where it is not whole.
             */
            entries?: number | null;
            /**
             * Format: int64
             * @description How many signed heads.
             */
            heads?: number | null;
            /**
             * Format: int64
             * @description How many entries came after the last head: nobody has signed them yet.
             */
            unsigned?: number | null;
            /** @description The fingerprint of the site's key. */
            key: string;
            /**
             * Format: date-time
             * @description When it was checked.
             */
            checked: string;
        };
        /** @description Who did what, to what, for which case. */
        AuditEntryBody: {
            /**
             * Format: int64
             * @description Its place in the trail, from 1.
             */
            seq: number;
            /**
             * Format: date-time
             * @description When, by our clock.
             */
            time: string;
            /** @description Who. */
            actor: string;
            /**
             * @description What was done.
             * @example exported
             */
            action: string;
            /** @description To what. */
            object: string;
            /** @description For which case. */
            case?: string | null;
            /**
             * Format: int64
             * @description Under which stated purpose.
             */
            purpose?: number | null;
            /** @description Everything else, as JSON in a text. */
            detail: string;
            /** @description The hash that covers it and all before it. */
            hash: string;
        };
        /** @description The last signed head of the audit trail. */
        AuditHeadBody: {
            /**
             * Format: int64
             * @description Counts the heads, from 1.
             */
            number: number;
            /**
             * Format: int64
             * @description The last entry it covers.
             */
            seq: number;
            /** @description The hash of that entry. */
            hash: string;
            /**
             * Format: date-time
             * @description When it was signed.
             */
            time: string;
            /** @description The signature by the site's key, in hex. */
            signature: string;
        };
        /** @description The same action on many alerts. */
        BatchBody: {
            /**
             * @description What is done, as in the address of a single action.
             * @example close
             */
            action: string;
            /** @description The alerts, 200 at most, of severity 3 or 4. */
            items: components["schemas"]["BatchItemBody"][];
            /** @description See a single action. */
            to?: string | null;
            /** @description See a single action. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description See a single action.
             */
            until?: string | null;
            /** @description See a single action. */
            text?: string | null;
            /**
             * Format: int32
             * @description See a single action.
             */
            number?: number | null;
            /** @description See a single action. */
            outcome?: string | null;
        };
        /** @description One alert of a batch. */
        BatchItemBody: {
            /** @description The alert's id, a UUID. */
            alert: string;
            /**
             * Format: int32
             * @description The version of its handling that was seen.
             */
            version: number;
        };
        /** @description What the batch came to for one alert. */
        BatchResultBody: {
            /** @description The alert. */
            alert: string;
            /**
             * Format: int32
             * @description The status that the action alone would have been answered with.
             * @example 200
             */
            status: number;
            handling?: components["schemas"]["HandlingBody"] | null;
            problem?: components["schemas"]["Problem"] | null;
        };
        /** @description What the batch came to. */
        BatchResultsBody: {
            /** @description One for each alert, in the order asked. */
            results: components["schemas"]["BatchResultBody"][];
        };
        /** @description A box on the view; all four 0 to 1. */
        BboxBody: {
            /**
             * Format: float
             * @description Its left side.
             */
            left: number;
            /**
             * Format: float
             * @description Its upper side.
             */
            top: number;
            /**
             * Format: float
             * @description Its width.
             */
            width: number;
            /**
             * Format: float
             * @description Its height.
             */
            height: number;
        };
        /** @description What was said of a call. */
        CallBody: {
            /**
             * @description What was called: `113`, `114` or `115`.
             * @example 114
             */
            service: string;
            /** @description What it is about, in the sender's words. */
            kind: string;
            /**
             * @description What was said; null where nothing was, or where it is no longer kept. Numbers that say who
             *     somebody is were taken out.
             */
            text?: string | null;
            /**
             * Format: date-time
             * @description When the call came in.
             */
            time: string;
            location?: components["schemas"]["LocationBody"] | null;
            /** @description Where it is, in words. */
            address?: string | null;
            /** @description The ward it is in. */
            ward?: string | null;
            /** @description `open`, or `closed` by the call-taking system. */
            state: string;
        };
        /** @description What was said once. */
        CallRevisionBody: {
            /**
             * Format: date-time
             * @description When it was told.
             */
            at: string;
            /** @description The call as it was then. */
            call: components["schemas"]["CallBody"];
        };
        /** @description How far an incident is, as its sender may know. */
        CallStateBody: {
            /** @description Names the incident here: a UUID v7. */
            incident: string;
            /** @description The call's id, as it was told. */
            id: string;
            /**
             * @description The number of its case.
             * @example 114-20261127-001
             */
            case: string;
            /**
             * Format: int32
             * @description How often it was told otherwise, from 1.
             */
            revision: number;
            /**
             * Format: date-time
             * @description When it was told first.
             */
            received: string;
            /**
             * @description How it is handled: `new`, `acknowledged`, `in_progress` or `closed`.
             * @example acknowledged
             */
            state: string;
            /**
             * Format: date-time
             * @description When it was last handled.
             */
            handled?: string | null;
            /** @description What it came to, once closed: `true`, `false`, `duplicate` or `no_action`. */
            outcome?: string | null;
            /** @description How many cameras were found for it. */
            cameras: number;
            /** @description Where to ask again. */
            href: string;
        };
        /**
         * @description A call, or what has changed of one that was posted before.
         *
         *     Members that are left out stay as they were. There is none for who called: numbers of telephones and
         *     papers are taken out of the words, and every other member is refused.
         */
        CallTold: {
            /**
             * @description Names the call at the source: posted again it is the same incident.
             * @example 113/2026-11-27/004512
             */
            id: string;
            /**
             * Format: int32
             * @description A number of the source's for this wording: only to say again what was said before, as when a call
             *     that was closed is open again.
             */
            revision?: number | null;
            /**
             * @description What was called: `113` police, `114` fire and rescue, `115` ambulance. Needed the first time.
             * @example 114
             */
            service?: string | null;
            /**
             * @description What it is about, 120 characters at most. Needed the first time.
             * @example cháy nhà
             */
            kind?: string | null;
            /**
             * Format: date-time
             * @description When the call came in. Needed the first time.
             */
            time?: string | null;
            /**
             * Format: int32
             * @description How much it matters, 1 the gravest to 4; as configured if never said.
             */
            severity?: number | null;
            /** @description What was said, 4000 characters at most: all of it, not what was added. */
            text?: string | null;
            location?: components["schemas"]["LocationBody"] | null;
            /** @description Where it is in words, the smallest first, with commas: `12 Hàng Bài, Phường Hồng Hà`. */
            address?: string | null;
            /**
             * @description The ward or commune it is in, of now or before July 2025.
             * @example Phường Hồng Hà
             */
            ward?: string | null;
            /**
             * @description `open`, or `closed` once the call is dealt with.
             * @example open
             */
            state?: string | null;
        };
        /** @description A camera as a GeoJSON feature. */
        CameraBody: {
            /**
             * @description `Feature`.
             * @example Feature
             */
            type: string;
            /**
             * @description Its id.
             * @example cau-giay-01
             */
            id: string;
            geometry?: components["schemas"]["PointBody"] | null;
            /** @description What else is known of it. */
            properties: components["schemas"]["CameraProperties"];
        };
        /** @description How much of the range one camera was covered. */
        CameraCoverageBody: {
            /**
             * @description The camera's id.
             * @example cau-giay-01
             */
            camera: string;
            /**
             * Format: double
             * @description Seconds for which it is known to have been configured.
             */
            configured_s: number;
            /** @description Whether it delivered pictures. */
            seen: components["schemas"]["AspectBody"];
            /** @description Whether any stream of it was recorded, and the footage is still there. */
            recorded: components["schemas"]["AspectBody"];
            /** @description Whether its pictures were looked at. */
            analysed: components["schemas"]["AspectBody"];
            /**
             * Format: double
             * @description Seconds for which its main stream was recorded.
             */
            recorded_main_s: number;
            /**
             * Format: double
             * @description Seconds for which its sub stream was recorded.
             */
            recorded_sub_s: number;
            /** @description How hard it was looked at, for how long. */
            rates: components["schemas"]["RateBody"][];
        };
        /** @description What is known of a camera. */
        CameraProperties: {
            /** @description Its name for people. */
            name: string;
            /**
             * Format: float
             * @description Where it looks, in degrees clockwise from north.
             */
            heading?: number | null;
            /** @description The named places it lies in. */
            place: string[];
            /**
             * @description Whether persons are softened live and in stills of events; it follows the detector, which can
             *     miss somebody.
             */
            persons_softened: boolean;
            /**
             * @description The state of its main stream: `connecting`, `up`, `no_picture`, `down`, `misconfigured` or
             *     `stopped`.
             * @example up
             */
            state: string;
            /** @description What is wrong with it now, the gravest first; empty when it is well. */
            troubles: components["schemas"]["TroubleBody"][];
            /** @description Its streams. */
            streams: components["schemas"]["StreamBody"][];
        };
        /** @description The rules of a camera. */
        CameraRulesBody: {
            /** @description The camera's id. */
            camera: string;
            /** @description Whether its ground is calibrated: speeds are told of such cameras only. */
            is_calibrated: boolean;
            /** @description Its rules. */
            rules: components["schemas"]["RuleBody"][];
        };
        /** @description Every camera there is. */
        CamerasBody: {
            /**
             * @description `FeatureCollection`.
             * @example FeatureCollection
             */
            type: string;
            /** @description The cameras, in the order of the configuration. */
            features: components["schemas"]["CameraBody"][];
        };
        /** @description A case. */
        CaseBody: {
            /**
             * Format: int64
             * @description Names it in addresses.
             */
            id: number;
            /** @description The number that people know it by. */
            number: string;
            /** @description What it is about. */
            title: string;
            /** @description Who opened it. */
            by: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
        };
        /** @description A case with what was put into it. */
        CaseDetailBody: components["schemas"]["CaseBody"] & {
            /** @description What was put into it, in the order in which it was. */
            marks: components["schemas"]["CaseMarkBody"][];
        };
        /** @description A case. */
        CaseFigures: {
            /** @description Its number. */
            number: string;
            /** @description What it is about. */
            title: string;
            /** @description Who opened it. */
            by: string;
        };
        /** @description Something put into a case: an alert, a span of footage, or words alone. */
        CaseMarkBody: {
            /** @description The alert, if one. */
            alert?: string | null;
            /** @description Whose footage, if any. */
            camera?: string | null;
            /**
             * Format: date-time
             * @description First moment of the footage.
             */
            start?: string | null;
            /**
             * Format: date-time
             * @description First moment after it.
             */
            end?: string | null;
            /**
             * @description Which cameras were looked at beside it, in the order of their tiles, as far as the caller may
             *     see them.
             */
            beside: string[];
            /** @description What is said of it. */
            note: string;
            /** @description Who put it there. */
            by: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
        };
        /** @description Something to be put into a case: an `alert`, or a `camera` with `start` and `end`, or words. */
        CaseMarkStart: {
            /** @description The alert's id, a UUID. */
            alert?: string | null;
            /** @description Whose footage. */
            camera?: string | null;
            /**
             * Format: date-time
             * @description First moment of the footage.
             */
            start?: string | null;
            /**
             * Format: date-time
             * @description First moment after it.
             */
            end?: string | null;
            /**
             * @description Which other cameras were looked at beside the footage, 15 at most: who opens the mark sees them
             *     together again.
             */
            beside?: string[] | null;
            /** @description What is said of it, 1000 characters at most; needed where there is nothing else. */
            note?: string | null;
        };
        /** @description A case to be opened. */
        CaseStart: {
            /**
             * @description The number that people know it by, 64 characters at most.
             * @example VV-2026/0001
             */
            number: string;
            /** @description What it is about. */
            title: string;
        };
        /** @description Some of the cases. */
        CasesBody: {
            /** @description The newest first; go on `before` the last one's id. */
            cases: components["schemas"]["CaseBody"][];
        };
        /** @description An account as it is now. */
        ChangedBody: {
            /** @description The account. */
            account: components["schemas"]["AccountBody"];
            /** @description Its new password, told this once; null where it was not changed. */
            password?: string | null;
        };
        /** @description How far a camera's clock is off. */
        ClockBody: {
            /** @description The camera. */
            camera: string;
            /**
             * Format: int32
             * @description Its clock minus ours, in milliseconds.
             */
            error_ms: number;
        };
        /** @description The colour that most looks at a vehicle agree on. */
        ColourBody: {
            /**
             * @description Its name.
             * @example red
             */
            name: string;
            /**
             * Format: float
             * @description The share of the votes that it has, 0 to 1.
             */
            confidence: number;
        };
        /** @description How well a part of the program does its work, as the program tells it. */
        ComponentHealth: {
            /**
             * @description Which: `analysis`, `events`.
             * @example analysis
             */
            name: string;
            /** @description How well. */
            status: components["schemas"]["Health"];
            /** @description Why not better, or with what (model, provider), for a person. */
            detail?: string | null;
        };
        /** @description What came of it. */
        ConnectionTested: {
            /**
             * @description `up` when a picture came; otherwise how far it got: `connecting`, `no_picture`, `down` or
             *     `misconfigured`.
             * @example up
             */
            state: string;
            /** @description Why no picture came, for a person. */
            detail?: string | null;
            /**
             * @description `h264` or `h265`.
             * @example h264
             */
            codec?: string | null;
            /**
             * Format: int32
             * @description Width of its pictures, in pixels.
             */
            width?: number | null;
            /**
             * Format: int32
             * @description Height of its pictures, in pixels.
             */
            height?: number | null;
            /**
             * Format: int64
             * @description How long it took until the first picture came, or it was given up, in milliseconds.
             */
            took_ms: number;
        };
        /** @description The camera to be tried. */
        ConnectionTrial: {
            /**
             * @description Where its stream is: `rtsp://host[:port]/path`, without credentials.
             * @example rtsp://10.20.1.11/stream1
             */
            url: string;
            /** @description Whom it knows, where it asks; both or neither. */
            username?: string | null;
            /** @description The password of that user; kept nowhere. */
            password?: string | null;
            /** @description Whether its packets come as datagrams. */
            udp?: boolean;
        };
        /** @description How many alerts came to what. */
        CountsBody: {
            /**
             * Format: int64
             * @description As the alert says.
             */
            true: number;
            /**
             * Format: int64
             * @description False alarms.
             */
            false: number;
            /**
             * Format: int64
             * @description Told of by another alert, too.
             */
            duplicate: number;
            /**
             * Format: int64
             * @description Nothing was to be done.
             */
            no_action: number;
            /** @description The share that was true, of those judged true or false. */
            precision: components["schemas"]["PrecisionBody"];
        };
        /** @description How much of a range was covered. What is not known never counts as covered. */
        CoverageBody: {
            /**
             * Format: date-time
             * @description From when, as asked.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when: as asked, or now.
             */
            end: string;
            /**
             * Format: date-time
             * @description Since when it is known what cameras did; before that, only footage and its gaps tell.
             */
            known_from?: string | null;
            now?: components["schemas"]["NowBody"] | null;
            /** @description All cameras together. */
            total: components["schemas"]["TotalBody"];
            /** @description Each camera, by its name. */
            cameras: components["schemas"]["CameraCoverageBody"][];
        };
        /** @description A span that was not covered. */
        CoverageGapBody: {
            /**
             * Format: date-time
             * @description From when.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when, as far as it lies in the range.
             */
            end: string;
            /**
             * @description Why, or `unknown`.
             * @example disconnected
             */
            cause: string;
        };
        /** @description Who signs in. */
        Credentials: {
            /**
             * @description The account's name.
             * @example lan
             */
            name: string;
            /** @description Its password. */
            password: string;
        };
        /** @description An event that a target would not take. */
        DeadLetterBody: {
            /**
             * Format: int64
             * @description The event's place in the feed.
             */
            sequence: number;
            /** @description The event's id. */
            event: string;
            /** @description The camera that saw it. */
            camera: string;
            /**
             * Format: date-time
             * @description When it was given up.
             */
            time: string;
            /**
             * Format: int32
             * @description How often it was sent.
             */
            attempts: number;
            /**
             * @description Why it was given up, for a person.
             * @example answers 400 Bad Request
             */
            reason: string;
        };
        /** @description What the second person says. */
        DecisionRequest: {
            /** @description Whether they agree. */
            agree: boolean;
            /** @description Why not; needed if they do not. */
            reason?: string | null;
        };
        /** @description Before whom an alert was put. */
        EscalatedBody: components["schemas"]["SignedBody"] & {
            /** @description The account. */
            to: string;
            /** @description Why. */
            reason: string;
        };
        /** @description What a rule found, with its time and place. */
        EventBody: {
            /**
             * @description Names it everywhere: a UUID v7, or v8 if a partner found it.
             * @example 019c9f2e-6d5a-7c3b-9f10-2a8a5c6b7d8e
             */
            id: string;
            /**
             * Format: int64
             * @description Its place in the site's feed, from 1; null for who does not see the whole site, as it counts
             *     everything.
             */
            sequence?: number | null;
            /** @description The camera that saw it. */
            camera: string;
            /**
             * Format: date-time
             * @description When the condition was first met, by the camera's clock.
             */
            time: string;
            /**
             * Format: int32
             * @description How long it had held when it was found, in milliseconds.
             */
            duration_ms: number;
            /**
             * @description What kind of rule: `docs/rules/` has a page for each.
             * @example line_crossing
             */
            kind: string;
            /** @description Which rule found it. */
            rule: string;
            /**
             * Format: int32
             * @description Which version of that rule.
             */
            rule_version: number;
            /**
             * Format: int32
             * @description 1 is the gravest, 4 the least.
             */
            severity: number;
            /**
             * @description What kind of object, if one.
             * @example person
             */
            class?: string | null;
            /**
             * Format: float
             * @description How sure the detector was of the object, 0 to 1.
             */
            confidence: number;
            colour?: components["schemas"]["ColourBody"] | null;
            /** @description How large it is: `small`, `medium` or `large`; known where the camera is calibrated. */
            size?: string | null;
            /**
             * Format: float
             * @description Where the object was going, in degrees clockwise from north; known where the camera is
             *     calibrated.
             */
            heading?: number | null;
            /** @description The track that met the condition, if one: a number too large for a JSON number. */
            track?: string | null;
            bbox?: components["schemas"]["BboxBody"] | null;
            /** @description `left_to_right` or `right_to_left` over the tripwire, for crossings and counts. */
            crossing?: string | null;
            /**
             * Format: int32
             * @description How many, for counts, crowds and congestion; otherwise 1.
             */
            count: number;
            /**
             * @description The corners of the zone or the ends of the tripwire it was judged against, as x and y of
             *     the view, 0 to 1 from left to right and top to bottom.
             */
            geometry: number[][];
            /** @description Further shapes that it was judged against, each by its corners or ends. */
            further_geometry: number[][][];
            /** @description What the signal showed over the act, in order of time; empty where there is none. */
            signal: components["schemas"]["SignalChangeBody"][];
            speed?: components["schemas"]["SpeedBody"] | null;
            position?: components["schemas"]["PositionBody"] | null;
            /** @description What the partner system that found it says besides, in its own words. */
            note?: string | null;
            location?: components["schemas"]["LocationBody"] | null;
            /**
             * Format: int32
             * @description The camera's clock minus ours then, in milliseconds.
             */
            clock_error_ms: number;
            /** @description Who found it. */
            source: components["schemas"]["SourceBody"];
            /** @description Pictures before, at and after it. */
            stills: components["schemas"]["StillsBody"];
            /** @description The footage around it, as MP4. */
            footage: string;
        };
        /** @description A page of events. */
        EventsBody: {
            /** @description The events, in the order asked for. */
            events: components["schemas"]["EventBody"][];
            /** @description The `cursor` of the next page; null on the last. */
            next?: string | null;
            /**
             * @description The newest place in the feed when the question was put: following it `after` that misses
             *     nothing that this answer does not hold.
             */
            as_of: string;
            coverage?: components["schemas"]["SearchCoverageBody"] | null;
        };
        /** @description An export and how it is going. */
        ExportBody: {
            /** @description Names it. */
            id: string;
            /** @description The number of the case. */
            case: string;
            /** @description The reason that was stated, in words. */
            reason: string;
            /** @description The law it rests on. */
            legal_basis?: string | null;
            /** @description The cameras. */
            cameras: string[];
            /**
             * @description Which of their streams.
             * @example main
             */
            stream: string;
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after.
             */
            end: string;
            /** @description Who ordered it. */
            operator: string;
            /**
             * Format: date-time
             * @description When it was ordered.
             */
            ordered: string;
            /** @description Whether it leaves under a passphrase. */
            protected: boolean;
            /** @description Whether a second person must agree before it is made. */
            second_needed: boolean;
            second?: components["schemas"]["HoldActBody"] | null;
            /**
             * @description `asked` (a second person must agree), `refused`, `waiting` (for others that are being made),
             *     `running`, `done`, `failed` or `removed` (its time was over).
             * @example running
             */
            state: string;
            /**
             * Format: int64
             * @description Bytes of clips written so far.
             */
            done_bytes?: number | null;
            /**
             * Format: int64
             * @description Bytes of clips in all; 0 until that is known.
             */
            total_bytes?: number | null;
            /**
             * Format: date-time
             * @description When that last changed.
             */
            changed: string;
            /** @description Where to fetch the package, once it is there. */
            package?: string | null;
            /**
             * Format: int64
             * @description The size of the package.
             */
            bytes?: number | null;
            /** @description The fingerprint of the key that sealed it. */
            key?: string | null;
            /** @description What whoever ordered it should know. */
            warnings: string[];
            /** @description Why it could not be made. */
            failed?: string | null;
            /** @description Why the second person refused it. */
            refused?: string | null;
        };
        /** @description What is to be exported. */
        ExportRequest: {
            /**
             * Format: int64
             * @description The purpose it is made for; it must be the asking account's and still good.
             */
            purpose: number;
            /** @description The cameras. */
            cameras: string[];
            /**
             * @description `main` (if left out) or `sub`.
             * @example main
             */
            stream?: string | null;
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after.
             */
            end: string;
            /** @description Whether events get a still each; they do if left out. */
            stills?: boolean | null;
            /**
             * @description `keep` (if left out): where privacy masks lie over a clip it is a masked copy; `remove`: the
             *     original, for who holds `unmask` over every camera.
             * @example keep
             */
            masks?: string | null;
            /**
             * @description Then the package leaves inside a ZIP that this alone opens (AES-256): 16 to 256 visible
             *     ASCII characters. It is stored nowhere.
             */
            passphrase?: string | null;
        };
        /** @description The exports. */
        ExportsBody: {
            /** @description The newest first, 200 at most. */
            exports: components["schemas"]["ExportBody"][];
        };
        /** @description What another system found. */
        Finding: {
            /**
             * @description Names it at the source: the same posted again is stored once.
             * @example gate-7/000123
             */
            id: string;
            /**
             * @description The camera that it was seen at.
             * @example trang-tien
             */
            camera: string;
            /**
             * Format: date-time
             * @description When it began.
             */
            time: string;
            /**
             * @description What kind of rule would have found it; or `topic` in its place.
             * @example line_crossing
             */
            kind?: string | null;
            /**
             * @description The ONVIF topic it is told under, one of those that `docs/edge-findings.md` lists.
             * @example tns1:RuleEngine/LineDetector/Crossed
             */
            topic?: string | null;
            /**
             * @description What kind of object, if one.
             * @example car
             */
            class?: string | null;
            /**
             * Format: float
             * @description How sure the source is, 0 to 1; 1 if left out.
             */
            confidence?: number | null;
            bbox?: components["schemas"]["BboxBody"] | null;
            /**
             * Format: int32
             * @description How long it had lasted, in milliseconds.
             */
            duration_ms?: number | null;
            /**
             * Format: int32
             * @description How many, for counts and crowds; 1 if left out.
             */
            count?: number | null;
            /** @description What a person should know besides, 500 characters at most. Never who somebody is. */
            note?: string | null;
        };
        /** @description More alerts than people can look at: above 10 in 10 minutes at one desk, until below 5. */
        FloodBody: {
            /**
             * Format: date-time
             * @description When it began.
             */
            began: string;
            /**
             * Format: date-time
             * @description When it was over; null while it lasts.
             */
            ended?: string | null;
            /**
             * Format: int32
             * @description How many alerts there were in the ten minutes before it began or ended.
             */
            alerts: number;
            /**
             * Format: int32
             * @description How many desks shared them.
             */
            desks: number;
        };
        /** @description Footage that was marked in the case. */
        FootageMarkBody: {
            /** @description Whose. */
            camera: string;
            /**
             * Format: date-time
             * @description First moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description First moment after it; may be yet to come.
             */
            end: string;
            /** @description Whether some of it is yet to be recorded. */
            is_growing: boolean;
            /** @description HLS of it, as far as it is recorded; null for who may not play it. */
            hls?: string | null;
        };
        /** @description An event or an alert on a lane. */
        FoundBody: {
            /** @description Its id. */
            id: string;
            /**
             * Format: date-time
             * @description When it began.
             */
            time: string;
            /**
             * @description What kind it is.
             * @example red_light
             */
            kind: string;
            /**
             * Format: int32
             * @description How grave: 1 is the gravest, 4 the least.
             */
            severity: number;
        };
        /** @description A span without recording. */
        GapBody: {
            /**
             * Format: date-time
             * @description From when.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when; null while it lasts.
             */
            end?: string | null;
            /**
             * @description Why: `disconnected`, `misconfigured`, `no_picture`, `packet_loss`, `garbage`, `disk_slow`,
             *     `disk_full`, `disk_failed`, `stopped`, `crashed` or `clock_jump`.
             * @example disconnected
             */
            cause: string;
        };
        /** @description Spans in which something did not hold, or is not known to have. */
        GapsBody: {
            /** @description The longest, in order of time. */
            gaps: components["schemas"]["TimelineGapBody"][];
            /** @description How many shorter ones are not told. */
            left_out: number;
        };
        /** @description A role over a place: exactly one of `whole_site`, `node` and `cameras` says which. */
        GrantAsked: {
            /**
             * @description `duty`, `investigator`, `supervisor`, `administrator` or `overseer`.
             * @example duty
             */
            role: string;
            /** @description Over the whole site, with cameras to come and of the past. */
            whole_site?: boolean;
            /** @description Over a place as the cameras name it, its own name first, then those of places above it. */
            node?: string[];
            /** @description Over these cameras only. */
            cameras?: string[];
        };
        /** @description A role over a place. */
        GrantBody: {
            /**
             * @description `duty`, `investigator`, `supervisor`, `administrator` or `overseer`.
             * @example duty
             */
            role: string;
            /** @description Whether it is held over the whole site. */
            whole_site: boolean;
            /** @description A node of the administrative tree, its own name first; empty if it is none. */
            node: string[];
            /** @description Single cameras; empty if it is not over those. */
            cameras: string[];
        };
        /** @description How an alert is handled. */
        HandlingBody: {
            /**
             * @description `new`, `acknowledged`, `in_progress` or `closed`.
             * @example acknowledged
             */
            state: string;
            /**
             * Format: int32
             * @description Grows by one with every action, from 0: to be sent with the next one.
             */
            version: number;
            acknowledged?: components["schemas"]["SignedBody"] | null;
            /** @description Who is to deal with it. */
            assignee?: string | null;
            escalated?: components["schemas"]["EscalatedBody"] | null;
            /**
             * Format: date-time
             * @description When it goes higher by itself unless somebody acknowledges it.
             */
            escalates_at?: string | null;
            /** @description To whom it would. */
            escalates_to?: string | null;
            silenced?: components["schemas"]["SilencedBody"] | null;
            shelved?: components["schemas"]["ShelvedBody"] | null;
            verdict?: components["schemas"]["VerdictBody"] | null;
            /** @description Steps of its procedure that are done. */
            steps: components["schemas"]["StepDoneBody"][];
            held?: components["schemas"]["SignedBody"] | null;
            /**
             * Format: date-time
             * @description When the hold of its footage ends by itself: then it is released, and may be held again.
             */
            held_until?: string | null;
            latest?: components["schemas"]["LatestBody"] | null;
        };
        /** @description A hand-over of the shift. */
        HandoverBody: {
            /**
             * Format: int64
             * @description Numbers the hand-overs of the site.
             */
            id: number;
            /** @description Who leaves, and signed first. */
            outgoing: string;
            /**
             * Format: date-time
             * @description When.
             */
            started: string;
            /** @description Who takes over. */
            incoming: string;
            /**
             * Format: date-time
             * @description When they signed; null before.
             */
            signed?: string | null;
            /** @description What the one says to the other. */
            note: string;
            /** @description What was `open`, `assigned` and `shelved` when the first officer signed: ids with handling. */
            lists: Record<string, never>;
        };
        /** @description A hand-over of the shift. */
        HandoverFigures: {
            /** @description Who left. */
            outgoing: string;
            /** @description Who took over. */
            incoming: string;
            /**
             * Format: date-time
             * @description When they signed; null before.
             */
            signed?: string | null;
            /** @description What the one said to the other. */
            note: string;
        };
        /** @description To whom the shift is handed over. */
        HandoverStart: {
            /**
             * @description The account of who takes over; not one's own.
             * @example truc-ban-02
             */
            to: string;
            /** @description What they should know, 4000 characters at most. */
            note?: string | null;
        };
        /**
         * @description How well a part does its work.
         * @enum {string}
         */
        Health: "ok" | "degraded" | "failing";
        /** @description Whether the service does what it is there for. What one may not know is null. */
        HealthBody: {
            /** @description The worst that matters: `failing` when nothing can be recorded or found any more. */
            status: components["schemas"]["Health"];
            /** @description Why it is not `ok`, each for a person, as far as the caller may know. */
            reasons: string[];
            /**
             * Format: date-time
             * @description Our clock.
             */
            time: string;
            /** @description The program's version. */
            version?: string | null;
            /** @description Nobody can sign in yet: an account is to be made by a command first. */
            awaits_account: boolean;
            streams?: components["schemas"]["StreamsHealth"] | null;
            /** @description The disks given to recording. */
            volumes?: components["schemas"]["VolumeHealth"][] | null;
            index?: components["schemas"]["IndexHealth"] | null;
            /** @description The other parts. One that fails leaves footage and search as they are: `degraded`. */
            components?: components["schemas"]["ComponentHealth"][] | null;
        };
        /** @description Events counted by the hour. */
        HistogramBody: {
            /** @description The hours that hold events, in order. */
            hours: components["schemas"]["HourBody"][];
            /**
             * Format: int64
             * @description All of them together.
             */
            total: number;
        };
        /** @description Who did something to a hold, and when. */
        HoldActBody: {
            /** @description Who. */
            by: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
        };
        /** @description A hold. */
        HoldBody: {
            /**
             * Format: int64
             * @description Names it.
             */
            id: number;
            /** @description The number of the case. */
            case: string;
            /** @description The reason, in words. */
            reason: string;
            /** @description The cameras; none for all. */
            cameras: string[];
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after; null for as long as it is in force.
             */
            end?: string | null;
            /**
             * Format: date-time
             * @description When it ends by itself; null for not before two people lift it.
             */
            until?: string | null;
            /** @description Who placed it, and when. */
            placed: components["schemas"]["HoldActBody"];
            lift_asked?: components["schemas"]["HoldActBody"] | null;
            lifted?: components["schemas"]["HoldActBody"] | null;
            /**
             * Format: date-time
             * @description When it ended by itself, at `until` or a moment later; from then on it holds nothing.
             */
            ended?: string | null;
        };
        /** @description What is to be held. */
        HoldRequest: {
            /**
             * @description The number of the case.
             * @example 01/2026
             */
            case: string;
            /** @description The reason, in words. */
            reason: string;
            /** @description The cameras; none for all, those to come among them. */
            cameras: string[];
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after; left out: as long as the hold is in force.
             */
            end?: string | null;
            /**
             * Format: date-time
             * @description When the hold ends by itself, which the audit trail then tells; left out: not before two
             *     people lift it, which they may do earlier in any case.
             */
            until?: string | null;
        };
        /** @description How many events began in one hour. */
        HourBody: {
            /**
             * Format: date-time
             * @description When the hour begins.
             */
            hour: string;
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
        };
        /** @description An incident. */
        IncidentBody: {
            /** @description The alert that it is. */
            alert: string;
            /** @description Who told of the call: a source of the configuration. */
            source: string;
            /**
             * Format: date-time
             * @description When it was told first.
             */
            received: string;
            /**
             * Format: date-time
             * @description When it was told otherwise last.
             */
            revised: string;
            /** @description The call as it is now. */
            call: components["schemas"]["CallBody"];
            /** @description What was said before, the first first; empty where it was told once. */
            revisions: components["schemas"]["CallRevisionBody"][];
            /**
             * Format: int64
             * @description Its case, by the id.
             */
            case: number;
            /** @description The number of the case. */
            case_number: string;
            /** @description The cameras nearby, the best placed first: of those that the caller may see. */
            cameras: components["schemas"]["NearCameraBody"][];
            /** @description The footage that was marked for it: of the same. */
            footage: components["schemas"]["FootageMarkBody"][];
            /**
             * @description Other alerts of those cameras around the time of the call, the newest first, that are not in the
             *     case yet: to be put there, if they belong to it.
             */
            suggestions: components["schemas"]["AlertBody"][];
        };
        /** @description How the index is doing. */
        IndexHealth: {
            /** @description Whether it can be read. */
            status: components["schemas"]["Health"];
            /**
             * Format: int64
             * @description The sequence number of the newest event.
             */
            newest_event: number;
        };
        /** @description One parameter that was refused. */
        InvalidParam: {
            /**
             * @description Its name, as in the query, the path or the header.
             * @example start
             */
            name: string;
            /** @description Why it was refused, and what would do. */
            reason: string;
        };
        /** @description Alerts of a kind. */
        KindFigures: {
            /**
             * @description The kind.
             * @example red_light
             */
            kind: string;
            /** @description How many of each severity, from 1 to 4. */
            by_severity: number[];
            /**
             * Format: int32
             * @description As the alert said.
             */
            true: number;
            /**
             * Format: int32
             * @description False alarms.
             */
            false: number;
            /**
             * Format: int32
             * @description Duplicates, and those about which nothing was to be done.
             */
            other: number;
            /**
             * Format: int32
             * @description Not closed.
             */
            open: number;
        };
        /** @description The latest action. */
        LatestBody: components["schemas"]["SignedBody"] & {
            /**
             * @description What was done.
             * @example ack
             */
            action: string;
        };
        /** @description Why a hold may be lifted. */
        LiftRequest: {
            /** @description The reason, in words. */
            reason: string;
        };
        /** @description Where players get what a camera shows now: `docs/restream.md`. */
        LiveAddressesBody: {
            /**
             * @description HLS, of a stream that is recorded.
             * @example /api/v1/cameras/gate/live.m3u8
             */
            hls: string;
            /** @description RTSP, encrypted first; empty where `[restream]` is off, or not to be reached from where one asks. */
            rtsp: string[];
        };
        /** @description A point on Earth, in degrees of WGS 84. */
        LocationBody: {
            /**
             * Format: double
             * @description Degrees north.
             */
            lat: number;
            /**
             * Format: double
             * @description Degrees east.
             */
            lon: number;
        };
        /** @description One action as it stands in the log. What does not belong to the action is left out. */
        LogEntryBody: components["schemas"]["SignedBody"] & {
            /**
             * Format: int32
             * @description The version of the handling that it made.
             */
            version: number;
            /**
             * @description What was done.
             * @example close
             */
            action: string;
            /** @description To whom it was given, or before whom put. */
            to?: string | null;
            /** @description Why. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description Until when it was shelved, or silenced.
             */
            until?: string | null;
            /** @description What was written down. */
            text?: string | null;
            /**
             * Format: int32
             * @description Which step was done.
             */
            number?: number | null;
            /** @description What it came to. */
            outcome?: string | null;
        };
        /** @description A layer of the map. */
        MapLayerBody: {
            /**
             * @description Names it within the site.
             * @example closed-roads
             */
            id: string;
            /**
             * @description Its name.
             * @example Đường cấm
             */
            name: string;
            /** @description Its name in English, where the site told one. */
            name_en?: string | null;
            /** @description How many points, lines and areas it has. */
            features: number;
            /** @description Changes with what it draws: what was fetched under the same one need not be fetched again. */
            revision: string;
        };
        /** @description The layers of the map. */
        MapLayersBody: {
            /** @description In the order of the configuration. */
            layers: components["schemas"]["MapLayerBody"][];
        };
        /** @description How much of a camera's view is masked. */
        MaskBody: {
            /** @description The camera. */
            camera: string;
            /**
             * Format: float
             * @description The part of its view, 0 to 1; masks that overlap count twice.
             */
            share: number;
        };
        /** @description Who one is, and what one may do. */
        MeBody: {
            /**
             * @description The account's name.
             * @example lan
             */
            name: string;
            /** @description How people call it. */
            display_name: string;
            /**
             * @description `person` or `service`.
             * @example person
             */
            kind: string;
            /** @description The roles that one has anywhere. */
            roles: string[];
            /** @description The roles with the places that they are held over. */
            grants: components["schemas"]["GrantBody"][];
            /**
             * @description What one may do somewhere: `follow`, `live`, `handle`, `search`, `play`, `export`, `hold`,
             *     `assign`, `approve`, `read_audit`, `configure`, `monitor`.
             */
            can: {
                [key: string]: boolean;
            };
            /**
             * @description Whether somebody else chose the password: nothing may be done before another is set
             *     (`POST /api/v1/me/password`).
             */
            must_change_password: boolean;
            /**
             * Format: date-time
             * @description When the session or token ends.
             */
            expires: string;
        };
        /** @description A camera near the place of a call. */
        NearCameraBody: {
            /** @description Which. */
            camera: string;
            /**
             * Format: double
             * @description How far from the place, in metres; null where one of the two is not known.
             */
            metres?: number | null;
            /** @description Whether it looks that way, by its heading; null where that is not known. */
            looks_at?: boolean | null;
            live?: components["schemas"]["LiveAddressesBody"] | null;
        };
        /** @description An account to be made. */
        NewAccountBody: {
            /**
             * @description The name to sign in with: a-z, 0-9, `-`; never given twice.
             * @example lan
             */
            name: string;
            /** @description How people call it; the name if left out. */
            display_name?: string | null;
            /** @description What it is granted, one at least. */
            grants: components["schemas"]["GrantAsked"][];
        };
        /** @description A password and the one that is to hold instead. */
        NewPassword: {
            /** @description The one that holds now. */
            present: string;
            /** @description The one to hold from now on: 12 to 256 characters, and not the present one. */
            new: string;
        };
        /** @description How a target of notifications is doing. Holds no address and no secret. */
        NotificationTarget: {
            /**
             * @description Its name in the configuration.
             * @example duty-desk
             */
            id: string;
            /**
             * @description How it is reached: `webhook`, `cap-webhook` or `mqtt`.
             * @example webhook
             */
            kind: string;
            /**
             * @description `idle`: it has everything. `sending`: events are on their way. `retrying`: it takes
             *     nothing, and everything waits. `stuck`: our own index cannot be read or written.
             * @example idle
             */
            state: string;
            /**
             * Format: date-time
             * @description Since when it has taken nothing although something was sent.
             */
            failing_since?: string | null;
            /**
             * Format: int64
             * @description The sequence number up to which every event was taken, is a dead letter, or is none of its
             *     business.
             */
            cursor: number;
            /**
             * Format: int64
             * @description How far that is behind the newest event.
             */
            lag: number;
            /**
             * Format: int64
             * @description How many events it took since the service started.
             */
            delivered: number;
            /**
             * Format: date-time
             * @description When it last took one.
             */
            last_delivery?: string | null;
            /**
             * Format: date-time
             * @description When something last went wrong.
             */
            last_error_time?: string | null;
            /** @description What last went wrong, for a person. */
            last_error?: string | null;
            /**
             * Format: int64
             * @description How many dead letters it has: events that it would not take.
             */
            dead_letter_count: number;
        };
        /** @description How a target of notifications is doing, with its dead letters. */
        NotificationTargetBody: components["schemas"]["NotificationTarget"] & {
            /** @description The first of its dead letters, in the order of the feed. */
            dead_letters: components["schemas"]["DeadLetterBody"][];
        };
        /** @description Every target of notifications. */
        NotificationsBody: {
            /** @description In order of their ids. */
            targets: components["schemas"]["NotificationTargetBody"][];
        };
        /** @description How many cameras do what now. */
        NowBody: {
            /**
             * Format: date-time
             * @description When they were counted.
             */
            time: string;
            /** @description How many are configured. */
            configured: number;
            /** @description How many deliver pictures. */
            connected: number;
            /** @description How many deliver pictures and have every stream recorded that is to be. */
            recording: number;
            /** @description How many are analysed. */
            analysed: number;
        };
        /** @description Somebody who may handle alerts. */
        OfficerBody: {
            /**
             * @description The account's name.
             * @example truc-ban-02
             */
            name: string;
            /** @description How people call it. */
            display_name: string;
            /** @description Whether they may do so over the whole site, and so take the shift over. */
            whole_site: boolean;
        };
        /** @description The people who may handle alerts where the caller may. */
        OfficersBody: {
            /** @description By name; the caller among them. */
            officers: components["schemas"]["OfficerBody"][];
        };
        /** @description A named place. */
        PlaceBody: {
            /**
             * @description Asked for as `place_id` in searches.
             * @example site-cau-chuong-duong
             */
            id: string;
            /**
             * @description `bridge`, `junction`, `corridor`, `site`, `ward`, `province`, `former_district` or
             *     `former_ward` (before 1 July 2025).
             * @example bridge
             */
            kind: string;
            /**
             * @description Its name.
             * @example Cầu Chương Dương
             */
            name: string;
            /** @description Its name in English, where the site told one. */
            name_en?: string | null;
            /** @description What it lies in, the smallest first. */
            within: string[];
            /** @description Of a former unit: the wards it lies in now. */
            now: string[];
            /** @description Where it is. */
            areas: components["schemas"]["AreaBody"][];
            /** @description The areas are circles as large as the wards, their borders not known. */
            is_rough: boolean;
            /** @description The cameras in it. */
            cameras: string[];
        };
        /** @description The places that were found, the best first. */
        PlacesBody: {
            places: components["schemas"]["PlaceBody"][];
        };
        /** @description A point as GeoJSON writes it. */
        PointBody: {
            /**
             * @description `Point`.
             * @example Point
             */
            type: string;
            /** @description Degrees east, then degrees north. */
            coordinates: number[];
        };
        /** @description Where an object stood on the ground: an indication, not a measurement. */
        PositionBody: {
            /**
             * Format: double
             * @description Degrees north, of WGS 84.
             */
            lat: number;
            /**
             * Format: double
             * @description Degrees east.
             */
            lon: number;
            /**
             * Format: float
             * @description Radius of the circle that holds the true place with 95 %, in metres.
             */
            uncertainty_m: number;
        };
        /** @description A share with what a sample of this size proves: the 95 % interval of Wilson (1927). */
        PrecisionBody: {
            /**
             * Format: double
             * @description The share, 0 to 1; null of nothing.
             */
            value?: number | null;
            /**
             * Format: double
             * @description The true share lies above with 97.5 %.
             */
            low_95?: number | null;
            /**
             * Format: double
             * @description The true share lies below with 97.5 %.
             */
            high_95?: number | null;
        };
        /** @description Who else is at the desk. */
        PresenceBody: {
            /** @description By name, each once; the caller is not among them. */
            officers: components["schemas"]["PresentBody"][];
        };
        /** @description Somebody at the desk. */
        PresentBody: {
            /**
             * @description The account's name.
             * @example truc-ban-02
             */
            name: string;
            /** @description How people call it. */
            display_name: string;
        };
        /** @description A problem as RFC 9457 writes it. */
        Problem: {
            /**
             * @description Names the kind of problem; stable.
             * @example urn:watchpost:problem:invalid-parameters
             */
            type: string;
            /** @description Says the kind in words; the same for every problem of the kind. */
            title: string;
            /**
             * Format: int32
             * @description The HTTP status.
             * @example 400
             */
            status: number;
            /** @description Says what is wrong with this request. */
            detail: string;
            /** @description Every parameter that was refused, each with its reason. */
            "invalid-params"?: components["schemas"]["InvalidParam"][];
            /** @description Why nothing was recorded: the gaps that overlap the span asked for. */
            gaps?: components["schemas"]["GapBody"][];
            current?: components["schemas"]["HandlingBody"] | null;
        };
        /** @description A stated purpose. */
        PurposeBody: {
            /**
             * Format: int64
             * @description Names it.
             */
            id: number;
            /** @description The number of the case. */
            case: string;
            /** @description The reason, in words. */
            reason: string;
            /** @description The law it rests on. */
            legal_basis?: string | null;
            /** @description Whose it is. */
            owner: string;
            /**
             * Format: date-time
             * @description When it was stated.
             */
            stated: string;
            /**
             * Format: date-time
             * @description From when on it is good for nothing.
             */
            expires: string;
        };
        /** @description What for somebody is about to look. */
        PurposeRequest: {
            /**
             * @description The number of the case.
             * @example 01/2026
             */
            case: string;
            /** @description The reason, in words. */
            reason: string;
            /** @description The law it rests on. */
            legal_basis?: string | null;
        };
        /** @description The purposes of an account. */
        PurposesBody: {
            /** @description Whether nobody searches, or looks at what was recorded, without one. */
            is_required: boolean;
            /** @description Those of the asking account that are still good; the first is in force. */
            open: components["schemas"]["PurposeBody"][];
        };
        /** @description How hard a camera was looked at. */
        RateBody: {
            /**
             * @description `stream` (every picture decoded, then sampled) or `keyframes` (one per GOP).
             * @example stream
             */
            mode: string;
            /**
             * Format: double
             * @description Pictures a second as configured; in mode `keyframes` the camera's GOP decides.
             */
            pictures_per_second: number;
            /**
             * Format: double
             * @description For how many seconds.
             */
            seconds: number;
        };
        /** @description What of a span is recorded. */
        RecordingsBody: {
            /** @description The camera. */
            camera: string;
            /**
             * @description `main` or `sub`.
             * @example main
             */
            stream: string;
            /**
             * Format: date-time
             * @description From when, as asked.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when, as asked.
             */
            end: string;
            /** @description Whether privacy masks lie over any of it: then clips are viewing copies. */
            masked: boolean;
            /**
             * Format: double
             * @description Seconds of it that are recorded.
             */
            recorded_s: number;
            /** @description What is recorded, in order; may reach beyond what was asked for. */
            spans: components["schemas"]["SpanBody"][];
            /** @description What is not, in order, with the cause; the last one may still last. */
            gaps: components["schemas"]["GapBody"][];
        };
        /** @description Something that happened in the region. */
        RegionHitBody: {
            /**
             * @description `track`: an object that was followed; `change`: keyframes that differ, whatever it was.
             * @example change
             */
            found_by: string;
            /**
             * Format: date-time
             * @description From when.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when.
             */
            end: string;
            /**
             * Format: date-time
             * @description The moment to look at.
             */
            at: string;
            /** @description The picture at that moment, as JPEG. */
            picture: string;
            /** @description The object's track. */
            track?: string | null;
            /**
             * @description The object's class.
             * @example person
             */
            class?: string | null;
            /**
             * Format: float
             * @description How sure that is, 0 to 1.
             */
            confidence?: number | null;
            bbox?: components["schemas"]["BboxBody"] | null;
            /**
             * Format: float
             * @description The part of the region that differed, 0 to 1.
             */
            changed?: number | null;
        };
        /** @description What is to be searched. */
        RegionRequest: {
            /**
             * @description The camera.
             * @example cau-giay-01
             */
            camera: string;
            /**
             * @description The corners of the region in parts of the view from its upper left corner: 3 to 64, as
             *     `[[0.1, 0.2], [0.4, 0.2], [0.4, 0.6]]`.
             */
            region: number[][];
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after; at most a day later.
             */
            end: string;
            /** @description Only tracks of these classes; all if left out. */
            class?: string[];
            /** @description Whether keyframes are looked at after the tracks; they are if left out. */
            keyframes?: boolean | null;
            /**
             * @description Which stream's keyframes: `sub` if there is one and this is left out, as they decode faster.
             * @example sub
             */
            stream?: string | null;
            /** @description How small a change of keyframes is told: `low`, `middle` (if left out) or `high`. */
            sensitivity?: components["schemas"]["Sensitivity"];
        };
        /** @description A region search, and what it has found so far. */
        RegionSearchBody: {
            /** @description Names it. */
            id: string;
            /** @description The camera. */
            camera: string;
            /**
             * @description Whose keyframes are looked at: `main` or `sub`.
             * @example sub
             */
            stream: string;
            /** @description The corners of the region. */
            region: number[][];
            /**
             * Format: date-time
             * @description The first moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description The first moment after.
             */
            end: string;
            /**
             * @description `tracks`, `keyframes`, `done`, `cancelled` or `failed`.
             * @example keyframes
             */
            state: string;
            /**
             * Format: double
             * @description How much is done, 0 to 1.
             */
            progress: number;
            /**
             * Format: date-time
             * @description Until when keyframes are looked at.
             */
            reached: string;
            /**
             * Format: int64
             * @description Tracks looked at.
             */
            tracks: number;
            /**
             * Format: int64
             * @description Keyframes looked at.
             */
            keyframes: number;
            /**
             * Format: int64
             * @description Keyframes among them that could not be decoded.
             */
            unreadable: number;
            /** @description What was found: tracks first, then changes of keyframes, each in order of time. */
            hits: components["schemas"]["RegionHitBody"][];
            /**
             * Format: int64
             * @description What was found beyond those told.
             */
            hits_left_out: number;
            /**
             * Format: float
             * @description The part of the region that is masked, 0 to 1: nothing is found there.
             */
            masked: number;
            /** @description The longest spans without footage, in order of time: nothing could be found in them. */
            not_recorded: components["schemas"]["CoverageGapBody"][];
            /**
             * Format: date-time
             * @description When it was begun.
             */
            began: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            ended?: string | null;
            /** @description Why it could not be finished. */
            failed?: string | null;
        };
        /** @description One line of the answer. */
        ReplayLine: {
            /** @description Rules that find nothing, whatever happened: the first line, if there are any. */
            unjudged: components["schemas"]["UnjudgedRule"][];
        } | {
            /** @description How far it has come. */
            progress: components["schemas"]["ReplayProgress"];
        } | {
            /** @description What a rule found. Those of one camera come in order; cameras come in any order. */
            event: components["schemas"]["ReplayedEvent"];
        } | {
            /** @description All is judged: the last line. */
            done: components["schemas"]["ReplayProgress"];
        } | {
            /** @description It could not be finished: the last line. */
            failed: string;
        };
        /** @description How far a replay has come. */
        ReplayProgress: {
            /** @description Cameras that are done. */
            cameras_done: number;
            /** @description Cameras in all. */
            cameras: number;
            /**
             * Format: int64
             * @description Tracks judged so far.
             */
            tracks: number;
            /**
             * Format: int64
             * @description Events found so far.
             */
            events: number;
            /**
             * Format: int64
             * @description How long it took so far, in milliseconds.
             */
            elapsed_ms: number;
        };
        /** @description What to judge, over which tracks. */
        ReplayRequest: {
            /** @description Zones, tripwires and rules, as in a camera's `scene` in the configuration. */
            scene: Record<string, never>;
            /** @description The cameras whose tracks are judged. */
            cameras: string[];
            /**
             * @description Whose tracks: `analysis` (ours, if left out) or `camera` (those that the cameras tell).
             * @example analysis
             */
            source?: string | null;
            /**
             * Format: date-time
             * @description First moment: tracks that start from here on are judged.
             */
            start: string;
            /**
             * Format: date-time
             * @description First moment after.
             */
            end: string;
        };
        /** @description What a rule found in the past. It is not stored. */
        ReplayedEvent: {
            /** @description The camera that saw it. */
            camera: string;
            /**
             * Format: date-time
             * @description When the condition was first met.
             */
            time: string;
            /**
             * Format: int32
             * @description How long it had held when it was found, in milliseconds.
             */
            duration_ms: number;
            /** @description Its kind, such as `line_crossing`. */
            kind: string;
            /** @description Which rule found it. */
            rule: string;
            /**
             * Format: int32
             * @description 1 is the gravest, 4 the least.
             */
            severity: number;
            /** @description What kind of object, if one. */
            class?: string | null;
            /** @description The track that met the condition, if one. */
            track?: string | null;
            bbox?: components["schemas"]["BboxBody"] | null;
            /** @description `left_to_right` or `right_to_left` over the tripwire. */
            crossing?: string | null;
            /**
             * Format: int32
             * @description How many, for counts; otherwise 1.
             */
            count: number;
            /** @description The picture at `time`, as JPEG, if it is still recorded. */
            picture: string;
        };
        /** @description What the report of a shift or a day says, as figures. */
        ReportBody: {
            /**
             * Format: date-time
             * @description First moment.
             */
            start: string;
            /**
             * Format: date-time
             * @description First moment after.
             */
            end: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            made: string;
            /** @description Whether there were more alerts than a report is made of. */
            is_cut: boolean;
            /** @description By kind: how many alerts, and what they came to. */
            kinds: components["schemas"]["KindFigures"][];
            /** @description By severity, from 1 to 4: how fast they were answered. */
            answers: components["schemas"]["AnswerFigures"][];
            /** @description How much was covered. */
            coverage: components["schemas"]["TotalBody"];
            /** @description Floods of alerts that lasted in it. */
            floods: components["schemas"]["FloodBody"][];
            /** @description Alerts of severity 1 and 2, in the order in which they were raised; 200 at most. */
            grave: components["schemas"]["AlertBody"][];
            /** @description How many more there were. */
            grave_left_out: number;
            handover?: components["schemas"]["HandoverFigures"] | null;
            /** @description Cases that were opened in it. */
            cases: components["schemas"]["CaseFigures"][];
        };
        /** @description What is being sent again. */
        RetryBody: {
            /**
             * Format: int64
             * @description How many dead letters.
             */
            retrying: number;
        };
        /** @description A rule by its name. */
        RuleBody: {
            /**
             * @description Its name, which searches take as `rule`.
             * @example fast
             */
            id: string;
            /**
             * @description The kind of its events.
             * @example speeding
             */
            kind: string;
        };
        /** @description What the closed alerts of a rule at a camera came to. */
        RuleVerdictsBody: components["schemas"]["CountsBody"] & {
            /** @description The camera that saw them first. */
            camera: string;
            /** @description The rule that raised them. */
            rule: string;
            /**
             * @description What kind of event it was.
             * @example red_light
             */
            kind: string;
        };
        /** @description The rules that there are. */
        RulesBody: {
            /** @description The cameras that have any, or tell speeds, in the order of the configuration. */
            cameras: components["schemas"]["CameraRulesBody"][];
        };
        /** @description A search to be kept. */
        SaveRequest: {
            /**
             * @description What it is called; one of the same account and name is replaced.
             * @example Xe tải van trắng, cầu Chương Dương
             */
            name: string;
            /**
             * @description The query of `GET /events`, without `cursor`: `class=truck&colour=white`.
             * @example class=truck&colour=white&place_id=site-cau-chuong-duong
             */
            query: string;
            /**
             * @description Whether all who may search are told of it; not, if left out. It is told only to those who may
             *     search every camera that it names.
             */
            shared?: boolean;
        };
        /** @description A search that is kept. */
        SavedSearchBody: {
            /**
             * Format: int64
             * @description Names it.
             */
            id: number;
            /** @description What it is called. */
            name: string;
            /** @description Its conditions: the query of `GET /events`. */
            query: string;
            /** @description Whose it is. */
            owner: string;
            /** @description Whether it is the asking account's own. */
            is_own: boolean;
            /** @description Whether others are told of it. */
            shared: boolean;
            /**
             * Format: date-time
             * @description When it was saved.
             */
            saved: string;
        };
        /** @description The searches that are kept. */
        SavedSearchesBody: {
            /** @description One's own by their names, then those that others share. */
            searches: components["schemas"]["SavedSearchBody"][];
        };
        /** @description What a camera's pictures are judged by, as the configuration has it now. */
        SceneBody: {
            /** @description The camera's id. */
            camera: string;
            /**
             * @description Zones, tripwires, signals, calibration and rules, as in a camera's `scene` in the
             *     configuration.
             */
            scene: Record<string, never>;
            /** @description What is painted over before anything looks at the pictures: the corners of each mask. */
            masks: number[][][];
        };
        /** @description What could be seen of what was asked, over the whole span, whatever `daily` says. */
        SearchCoverageBody: {
            /**
             * Format: date-time
             * @description From when it is told; as asked, or from when anything is known.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when: as asked, or now.
             */
            end: string;
            /** @description Cameras that the question reached: configured now, in the place, and the caller's to search. */
            cameras: number;
            /**
             * @description Cameras of the site that the caller may not search: the same number whatever is asked, so
             *     that it tells of no place.
             */
            cameras_outside_rights: number;
            seen?: components["schemas"]["AspectBody"] | null;
            recorded?: components["schemas"]["AspectBody"] | null;
            analysed?: components["schemas"]["AspectBody"] | null;
            /**
             * @description The longest spans in which a camera was not analysed, or is not known to have been, in order
             *     of time.
             */
            gaps: components["schemas"]["SearchGapBody"][];
            /** @description How many shorter ones are not told. */
            gaps_left_out: number;
            /** @description Cameras of whose view a part is masked: nothing is found there. */
            masks: components["schemas"]["MaskBody"][];
            /** @description Cameras whose clock is off now by more than 0.2 s; each event tells how it was then. */
            clocks: components["schemas"]["ClockBody"][];
            /** @description Why the spans are not told, and where to ask for them; null when they are. */
            left_out?: string | null;
        };
        /** @description A span in which a camera was not analysed. */
        SearchGapBody: {
            /** @description The camera. */
            camera: string;
            /**
             * Format: date-time
             * @description From when.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when, as far as it lies in the span.
             */
            end: string;
            /**
             * @description Why, or `unknown`.
             * @example disconnected
             */
            cause: string;
        };
        /** @description One file of footage. */
        SegmentBody: {
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /**
             * Format: date-time
             * @description Its first picture.
             */
            start: string;
            /**
             * Format: date-time
             * @description The end of its last picture.
             */
            end: string;
            /**
             * Format: int64
             * @description Its size, in bytes.
             */
            bytes: number;
            /** @description SHA-256 of the file in hex, once it is closed. */
            sha256?: string | null;
            /**
             * @description Where to get it.
             * @example /api/v1/segments/17.mp4
             */
            href: string;
        };
        /**
         * @description How small a change is told.
         * @enum {string}
         */
        Sensitivity: "low" | "middle" | "high";
        /** @description Until when an alert is out of the queue. */
        ShelvedBody: components["schemas"]["SignedBody"] & {
            /**
             * Format: date-time
             * @description When it comes back by itself.
             */
            until: string;
            /** @description Why. */
            reason: string;
        };
        /** @description A shelving. */
        ShelvingBody: {
            /**
             * Format: int64
             * @description Names it.
             */
            id: number;
            /** @description The rule. */
            rule: string;
            /** @description The camera. */
            camera: string;
            /**
             * Format: date-time
             * @description When it ends by itself.
             */
            until: string;
            /** @description Why. */
            reason: string;
            /** @description Who shelved. */
            by: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Who ended it before its time; null while it is in force. */
            ended_by?: string | null;
            /**
             * Format: date-time
             * @description When.
             */
            ended?: string | null;
        };
        /** @description What is to be shelved. */
        ShelvingRequest: {
            /**
             * @description The rule that raises the alerts; of what a partner system tells, its name.
             * @example in-yard
             */
            rule: string;
            /** @description The camera that sees them first. */
            camera: string;
            /**
             * Format: date-time
             * @description When it ends by itself: 8 hours from now at most.
             */
            until: string;
            /** @description Why, 500 characters at most. */
            reason: string;
        };
        /** @description What the shift has before it. */
        ShiftBody: {
            /**
             * Format: date-time
             * @description Since when it lasts: the latest hand-over that both officers signed.
             */
            since?: string | null;
            /** @description Who took over then. */
            officer?: string | null;
            /** @description What stands in the queue and was given to nobody, 500 at most. */
            open: components["schemas"]["AlertBody"][];
            /** @description What somebody is to deal with, 500 at most. */
            assigned: components["schemas"]["AlertBody"][];
            /** @description What is out of the queue for a while, 500 at most. */
            shelved: components["schemas"]["AlertBody"][];
            /** @description How many alerts are not closed, by severity and state. */
            totals: components["schemas"]["AlertTotalBody"][];
            /** @description What was written down since the shift began. */
            notes: components["schemas"]["ShiftNoteBody"][];
            waiting?: components["schemas"]["HandoverBody"] | null;
        };
        /** @description What was written down about an alert. */
        ShiftNoteBody: {
            /** @description The alert. */
            alert: string;
            /** @description Who. */
            by: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What. */
            text: string;
        };
        /** @description A camera that judges by a signal. */
        SignalAtCameraBody: {
            /** @description The camera. */
            camera: string;
            /**
             * Format: date-time
             * @description Until when the state holds if it is not told again; from then on it is unknown, and no rule
             *     fires.
             */
            valid_until: string;
        };
        /** @description From when on a signal showed what. */
        SignalChangeBody: {
            /**
             * Format: date-time
             * @description From when on, by the camera's clock.
             */
            time: string;
            /**
             * @description `red`, `amber`, `green` or `unknown`.
             * @example red
             */
            state: string;
        };
        /** @description What was taken, and for how long it holds. */
        SignalTakenBody: {
            /** @description Names the signal. */
            signal: string;
            /** @description What it shows. */
            state: string;
            /**
             * Format: date-time
             * @description Since when at the latest.
             */
            time: string;
            /** @description The cameras that judge by it. */
            cameras: components["schemas"]["SignalAtCameraBody"][];
        };
        /** @description What a traffic light shows. */
        SignalTold: {
            /**
             * @description `red`, `amber`, `green`, or `unknown` from then on.
             * @example red
             */
            state: string;
            /**
             * Format: date-time
             * @description Since when at the latest; now if left out.
             */
            time?: string | null;
        };
        /** @description Who did something, and when. */
        SignedBody: {
            /** @description The account; null where the program did it by itself. */
            by?: string | null;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
        };
        /** @description That an alert is silent at every desk. */
        SilencedBody: components["schemas"]["SignedBody"] & {
            /**
             * Format: date-time
             * @description When it sounds again, where that was said; it does in any case once it is put before somebody
             *     higher.
             */
            until?: string | null;
        };
        /** @description Who found an event. */
        SourceBody: {
            /**
             * @description `analysis`: our own; `watch`: our watch over the cameras; `camera`: the camera's own;
             *     `partner`: another system's.
             * @example analysis
             */
            kind: string;
            /** @description SHA-256 of our model, in hex. */
            model?: string | null;
            /** @description Who else found it: the camera, or the source as the configuration calls it. */
            name?: string | null;
            /**
             * @description What it was told under: a topic of ONVIF, or a kind.
             * @example RuleEngine/LineDetector/Crossed
             */
            topic?: string | null;
        };
        /** @description A span recorded without a break. */
        SpanBody: {
            /**
             * Format: date-time
             * @description Its first picture.
             */
            start: string;
            /**
             * Format: date-time
             * @description The end of its last picture.
             */
            end: string;
            /** @description Whether it is still growing. */
            growing: boolean;
            /**
             * Format: int64
             * @description Its size on disk, in bytes.
             */
            bytes: number;
            /** @description `h264` or `h265`; of its last segment. */
            codec: string;
            /**
             * Format: int32
             * @description Width of its pictures, in pixels; of its last segment.
             */
            width: number;
            /**
             * Format: int32
             * @description Height of its pictures, in pixels; of its last segment.
             */
            height: number;
            /** @description The files it lies in, in order. */
            segments: components["schemas"]["SegmentBody"][];
        };
        /** @description A speed with its uncertainty: an indication, not a measurement. */
        SpeedBody: {
            /**
             * Format: float
             * @description In km/h.
             */
            kmh: number;
            /**
             * Format: float
             * @description Half the width of the interval that holds the true speed with 95 %, in km/h.
             */
            uncertainty_kmh: number;
        };
        /** @description The moments of a sheet of small pictures. */
        SpriteBody: {
            /** @description The camera. */
            camera: string;
            /** @description `main` or `sub`. */
            stream: string;
            /** @description Where the sheet is. */
            href: string;
            /**
             * Format: int32
             * @description Pictures in a row of the sheet.
             */
            columns: number;
            /**
             * Format: int32
             * @description Width of a picture, in pixels.
             */
            tile_width: number;
            /**
             * Format: int32
             * @description Height of a picture, in pixels.
             */
            tile_height: number;
            /** @description Whether privacy masks lie over any of the range. */
            masked: boolean;
            /** @description The pictures in order, row by row from the top left. */
            pictures: components["schemas"]["SpritePicture"][];
        };
        /** @description A picture of a sheet. */
        SpritePicture: {
            /**
             * Format: date-time
             * @description The moment asked for: the keyframe then on view is shown.
             */
            time: string;
            /**
             * Format: int32
             * @description The column of its tile, from 0.
             */
            column: number;
            /**
             * Format: int32
             * @description The row of its tile, from 0.
             */
            row: number;
        };
        /** @description A step of a procedure. */
        StepBody: {
            /** @description Which, from 1. */
            number: number;
            /** @description What is to be done. */
            text: string;
            done?: components["schemas"]["SignedBody"] | null;
        };
        /** @description A step of the procedure that is done. */
        StepDoneBody: components["schemas"]["SignedBody"] & {
            /**
             * Format: int32
             * @description Which, from 1.
             */
            number: number;
        };
        /** @description One picture. */
        StillBody: {
            /**
             * Format: date-time
             * @description When.
             */
            time: string;
            /** @description Where to get it as it is, as JPEG. */
            href: string;
            /** @description Where to get a copy with the rule's geometry, the object's path and its box drawn on. */
            drawn: string;
            /** @description Where to get the object alone, if there is one; it may not be on view yet, or no longer. */
            crop?: string | null;
        };
        /** @description Pictures before, at and after an event. */
        StillsBody: {
            /** @description A second before. */
            before: components["schemas"]["StillBody"];
            /** @description When the condition was first met. */
            at: components["schemas"]["StillBody"];
            /** @description A second after. */
            after: components["schemas"]["StillBody"];
        };
        /** @description How long the room lasts. */
        StorageBody: {
            /**
             * Format: double
             * @description Days for which footage of main streams is to be kept.
             */
            main_days: number;
            /**
             * Format: double
             * @description Days for which footage of sub streams is to be kept.
             */
            sub_days: number;
            /** @description Every volume. */
            volumes: components["schemas"]["VolumeForecast"][];
        };
        /** @description Where a posted finding lies. */
        StoredFindingBody: {
            /** @description The event that it became: a UUID v8, always the same for the same source and id. */
            event: string;
            /** @description Where to get it. */
            href: string;
        };
        /** @description How one stream is doing. */
        StreamBody: {
            /**
             * @description `main` or `sub`.
             * @example main
             */
            stream: string;
            /**
             * @description `connecting`, `up`, `no_picture`, `down`, `misconfigured` or `stopped`.
             * @example up
             */
            state: string;
            /**
             * Format: date-time
             * @description Since when; null before it was first started.
             */
            since?: string | null;
            /** @description Why, for a person. */
            detail?: string | null;
            /**
             * Format: date-time
             * @description When the camera took the last picture.
             */
            last_picture?: string | null;
            /**
             * Format: date-time
             * @description Until when it is recorded, as far as it is on disk.
             */
            recorded_until?: string | null;
            /**
             * @description `h264` or `h265`.
             * @example h264
             */
            codec?: string | null;
            /**
             * Format: int32
             * @description Width of its pictures, in pixels.
             */
            width?: number | null;
            /**
             * Format: int32
             * @description Height of its pictures, in pixels.
             */
            height?: number | null;
            /**
             * Format: float
             * @description Pictures per second over the last seconds.
             */
            pictures_per_second: number;
            /**
             * Format: float
             * @description Kilobits per second over the last seconds.
             */
            kbit_per_second: number;
            /**
             * Format: int32
             * @description The camera's clock minus ours, in milliseconds.
             */
            clock_error_ms?: number | null;
            /**
             * Format: int64
             * @description Pictures received since start.
             */
            pictures: number;
            /**
             * Format: int64
             * @description RTP packets lost since start.
             */
            lost_packets: number;
            /**
             * Format: int64
             * @description How often the connection was lost since start.
             */
            reconnects: number;
        };
        /** @description How many streams do what. */
        StreamsHealth: {
            /** @description How many are up. */
            up: number;
            /** @description How many there are. */
            total: number;
            /** @description How many are in each state. */
            by_state: {
                [key: string]: number;
            };
        };
        /** @description What lanes show. */
        TimelineBody: {
            /**
             * Format: date-time
             * @description From when, as asked.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when, as asked.
             */
            end: string;
            /**
             * Format: int32
             * @description Into how many parts `activity` cuts the span.
             */
            buckets: number;
            /** @description The cameras that the caller may search, in the order asked for. */
            cameras: components["schemas"]["TimelineCameraBody"][];
            /** @description Whether there are more events than are told: then these are the newest. */
            events_left_out: boolean;
            /** @description Whether there are more alerts than are told: then these are the newest. */
            alerts_left_out: boolean;
        };
        /** @description One lane. */
        TimelineCameraBody: {
            /**
             * @description The camera's id.
             * @example cau-giay-01
             */
            camera: string;
            /** @description When it was not recorded, or its footage is gone. */
            not_recorded: components["schemas"]["GapsBody"];
            /** @description When its pictures were not looked at: nothing can have been found then. */
            not_analysed: components["schemas"]["GapsBody"];
            /**
             * @description How many objects were in view in each part: base64 of one byte for each, 255 for as many or more.
             * @example AAABAgIBAAA=
             */
            activity: string;
            /** @description What rules found, in order of time. */
            events: components["schemas"]["FoundBody"][];
            /** @description What was put before the duty officer, in order of time. */
            alerts: components["schemas"]["FoundBody"][];
        };
        /** @description A span in which something did not hold. */
        TimelineGapBody: {
            /**
             * Format: date-time
             * @description From when.
             */
            start: string;
            /**
             * Format: date-time
             * @description Until when, as far as it lies in the span.
             */
            end: string;
            /**
             * @description Why, as in `/coverage`, or `unknown`.
             * @example disconnected
             */
            cause: string;
        };
        /** @description The sums over all cameras; seconds add up over cameras. */
        TotalBody: {
            /** @description How many cameras were there in the range. */
            cameras: number;
            /**
             * Format: double
             * @description Seconds for which they are known to have been configured.
             */
            configured_s: number;
            /** @description Whether they delivered pictures. */
            seen: components["schemas"]["AspectBody"];
            /** @description Whether any stream of them was recorded, and the footage is still there. */
            recorded: components["schemas"]["AspectBody"];
            /** @description Whether their pictures were looked at. */
            analysed: components["schemas"]["AspectBody"];
        };
        /** @description The same object over many sampled frames. */
        TrackBody: {
            /** @description Names it within the site: a number too large for a JSON number. */
            id: string;
            /** @description The camera that saw it. */
            camera: string;
            /**
             * @description Who followed it: our own `analysis`, or the `camera` itself.
             * @example analysis
             */
            source: string;
            /**
             * @description The class voted over its life.
             * @example person
             */
            class: string;
            /**
             * Format: float
             * @description Mean confidence of its detections, 0 to 1.
             */
            confidence: number;
            colour?: components["schemas"]["ColourBody"] | null;
            /** @description How large it is: `small`, `medium` or `large`; known where the camera is calibrated. */
            size?: string | null;
            /**
             * Format: float
             * @description Where the object went, in degrees clockwise from north; known where the camera is
             *     calibrated.
             */
            heading?: number | null;
            /**
             * Format: date-time
             * @description When it was first seen.
             */
            start: string;
            /**
             * Format: date-time
             * @description When it was last seen.
             */
            end: string;
            /**
             * @description Where it was, in order of time; a straight stretch keeps only its ends. Absent without
             *     `paths`.
             */
            path?: components["schemas"]["TrackPointBody"][] | null;
        };
        /** @description Where a tracked object was at one moment; the box in parts of the view, 0 to 1. */
        TrackPointBody: {
            /**
             * Format: date-time
             * @description When.
             */
            time: string;
            /**
             * Format: float
             * @description Left side of its box.
             */
            left: number;
            /**
             * Format: float
             * @description Upper side of its box.
             */
            top: number;
            /**
             * Format: float
             * @description Width of its box.
             */
            width: number;
            /**
             * Format: float
             * @description Height of its box.
             */
            height: number;
        };
        /** @description A page of tracks. */
        TracksBody: {
            /** @description The tracks, in order of their start. */
            tracks: components["schemas"]["TrackBody"][];
            /** @description The `cursor` of the next page; null on the last. */
            next?: string | null;
            coverage?: components["schemas"]["SearchCoverageBody"] | null;
        };
        /** @description Something that is wrong with a camera. */
        TroubleBody: {
            /**
             * @description `signal_lost`, `no_picture`, `frozen`, `too_dark`, `too_bright`, `blurred`, `moved`,
             *     `clock_skew`, `recording_gap` or `analysis_starved`.
             * @example blurred
             */
            kind: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
            /** @description The figure it was judged by, for a person. */
            detail: string;
        };
        /** @description A rule whose signal nobody knows the past states of. */
        UnjudgedRule: {
            /** @description The rule. */
            rule: string;
            /** @description Its signal, which is read from its lamps or told from outside: what it showed is not stored. */
            signal: string;
        };
        /** @description What somebody asked to see under the privacy masks of. */
        UnmaskingBody: {
            /**
             * Format: int64
             * @description Names it.
             */
            id: number;
            /** @description Who asked, and may then look. */
            by: string;
            /**
             * Format: date-time
             * @description When they asked.
             */
            asked: string;
            /** @description The number of the case. */
            case: string;
            /** @description The reason that was stated, in words. */
            reason: string;
            /** @description The law it rests on. */
            legal_basis?: string | null;
            /** @description The cameras. */
            cameras: string[];
            /**
             * Format: int64
             * @description For how long.
             */
            minutes: number;
            /**
             * @description `asked` (a second person must agree), `refused`, `agreed` or `over`.
             * @example asked
             */
            state: string;
            second?: components["schemas"]["HoldActBody"] | null;
            /**
             * Format: date-time
             * @description Until when it is good, once agreed to.
             */
            ends?: string | null;
            /** @description Why the second person refused it. */
            refused?: string | null;
        };
        /** @description What somebody asks to see. */
        UnmaskingRequest: {
            /**
             * Format: int64
             * @description The purpose it is asked for; it must be the asking account's and still good.
             */
            purpose: number;
            /** @description The cameras, over each of which the asking account holds `unmask`; 64 at most. */
            cameras: string[];
            /**
             * Format: int32
             * @description For how long once a second person has agreed, 1 to 480 minutes, and no longer than the purpose
             *     is good.
             * @example 30
             */
            minutes: number;
        };
        /** @description What was asked for. */
        UnmaskingsBody: {
            /** @description The newest first, 200 at most. */
            unmaskings: components["schemas"]["UnmaskingBody"][];
        };
        /** @description What an alert came to. */
        VerdictBody: components["schemas"]["SignedBody"] & {
            /**
             * @description `true`, `false` (a false alarm), `duplicate` or `no_action`.
             * @example false
             */
            outcome: string;
            /** @description Why. */
            reason: string;
        };
        /** @description What closed alerts came to. */
        VerdictsBody: {
            /** @description By camera and rule, in their order. */
            verdicts: components["schemas"]["RuleVerdictsBody"][];
            /** @description All of them together. */
            total: components["schemas"]["CountsBody"];
        };
        /** @description How long the room on a volume lasts, at the rate of the last day. */
        VolumeForecast: {
            /** @description Its name. */
            id: string;
            /**
             * @description `ok`, `full`, `failed` or `read_only`.
             * @example ok
             */
            state: string;
            /**
             * Format: int64
             * @description Size of its file system, in bytes; 0 if unknown.
             */
            total_bytes: number;
            /**
             * Format: int64
             * @description Bytes free; 0 if unknown.
             */
            free_bytes: number;
            /**
             * Format: int64
             * @description Bytes that are kept free: below that the oldest footage goes.
             */
            keep_free_bytes: number;
            /** @description How many streams are recorded on it. */
            streams: number;
            /**
             * Format: date-time
             * @description When its oldest footage begins; null where there is none.
             */
            oldest?: string | null;
            /**
             * Format: double
             * @description Bytes written in a day; null until a minute of footage is on disk.
             */
            bytes_per_day?: number | null;
            /**
             * Format: double
             * @description Seconds that the rate was measured over.
             */
            measured_s: number;
            /**
             * Format: double
             * @description In how many days it is full; null where it is not going to be, or that is not known.
             */
            full_in_days?: number | null;
            /**
             * Format: double
             * @description How many days of footage have room on it; null where that is not known.
             */
            holds_days?: number | null;
            /**
             * @description Whether there is room for as many days as footage is to be kept; null where that is not
             *     known.
             */
            is_enough?: boolean | null;
        };
        /** @description How a volume is doing. */
        VolumeHealth: {
            /** @description Its name. */
            id: string;
            /**
             * @description `ok`, `full`, `failed` or `read_only`.
             * @example ok
             */
            state: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
            /** @description Why it does not record, for a person. */
            detail?: string | null;
            /**
             * Format: int64
             * @description Size of its file system, in bytes; 0 if unknown.
             */
            total_bytes: number;
            /**
             * Format: int64
             * @description Bytes free; 0 if unknown.
             */
            free_bytes: number;
            /** @description How many streams are recorded on it. */
            streams: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    accounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every account, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountsBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccountBody"];
            };
        };
        responses: {
            /** @description Made; the answer holds the password */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The name was given before */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's name */
                account: string;
                /** @description `grant`, `revoke`, `close`, `open` or `password` */
                change: string;
            };
            cookie?: never;
        };
        /** @description The role and the place, for `grant` and `revoke` */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["GrantAsked"] | null;
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be changed so */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alerts: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339, of the alert's first event; open if left out. */
                start?: string;
                /** @description First moment after, RFC 3339; open if left out. */
                end?: string;
                /** @description Only what one of these cameras saw: ids between commas. */
                cameras?: string;
                /**
                 * @description Only these classes: words between commas.
                 * @example person,motorcycle
                 */
                class?: string;
                /**
                 * @description Only these kinds: words between commas.
                 * @example red_light,signal_lost
                 */
                kind?: string;
                /** @description Only alerts of this severity or graver; 1 is the gravest. */
                severity?: number;
                /** @description `true` for trouble that still lasts only. */
                active?: boolean;
                /**
                 * @description Only alerts handled so far: `new`, `acknowledged`, `in_progress`, `closed`, between commas.
                 * @example new,acknowledged
                 */
                handling?: string;
                /**
                 * @description Only what this account is to deal with; `me` is whoever asks.
                 * @example me
                 */
                assignee?: string;
                /** @description `true` for what is on the shelf only, `false` for what is not. */
                shelved?: boolean;
                /** @description Only the group of this alert: its `group`. */
                group?: string;
                /**
                 * @description `newest` first (if left out); or `queue`: first what nobody acknowledged, then the gravest,
                 *     then the newest, without what is closed or shelved.
                 * @example queue
                 */
                sort?: string;
                /**
                 * @description With `sort=queue`: `true` for one row of each group, the alert that stands highest of those that
                 *     are asked for, with how many of them there are.
                 */
                grouped?: boolean;
                /** @description Where the page before ended: its `next`. */
                cursor?: string;
                /** @description Alerts on the page at most; 100 if left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of alerts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    act_on_alerts: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchBody"];
            };
        };
        responses: {
            /** @description What it came to for each alert */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchResultsBody"];
                };
            };
            /** @description The batch was refused; each member is named */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alert_feed: {
        parameters: {
            query?: {
                /**
                 * @description The place after which to begin, as it was told (`as_of`, the `id` of an alert); from now if left
                 *     out, from the first if 0.
                 */
                after?: string;
                /** @description `true`: a silent feed shows every 5 s that it lives by an event `beat`, as the event feed does. */
                beat?: boolean;
            };
            header?: {
                /** @description The `id` received last; goes before `after` */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The feed; it does not end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["AlertBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clients, or stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The alert's id, a UUID */
                alert: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alert */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetailBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such alert */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alert_events: {
        parameters: {
            query?: {
                /** @description The place after which to begin: `next` of the page before; from the first if left out. */
                after?: string;
                /** @description Events on the page at most; 100 if left out. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The alert's id, a UUID */
                alert: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events that tell of the same happening */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertEventsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such alert */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    act_on_alert: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters */
                "Idempotency-Key"?: string | null;
            };
            path: {
                /** @description The alert's id, a UUID */
                alert: string;
                /** @description `ack`, `assign`, `escalate`, `silence`, `shelve`, `unshelve`, `note`, `step`, `close`, `reopen` or `hold` */
                action: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActionBody"];
            };
        };
        responses: {
            /** @description Done, or done before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActedBody"];
                };
            };
            /** @description The action was refused; each member is named */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such alert */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Somebody was first, or it cannot be done now: `current` says how the alert is handled */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339; open if left out. */
                start?: string;
                /** @description First moment after; open if left out. */
                end?: string;
                /** @description Only for this case. */
                case?: string;
                /** @description Only by this account, or by a user of the operating system: `system:root`. */
                actor?: string;
                /** @description Only of this word: `exported`, `viewed`, `hold_placed` … */
                action?: string;
                /** @description Only what was done to something whose name holds this text: a camera, an account, a path. */
                object?: string;
                /** @description Only entries before this one: `next` of the page before. */
                before?: number;
                /** @description How many at most, 1 to 1000; 100 if left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditCheckBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_head: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The head */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditHeadBody"] | null;
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_call: {
        parameters: {
            query?: never;
            header: {
                /** @description `Bearer` and the source's token */
                Authorization: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallTold"];
            };
        };
        responses: {
            /** @description Told before, or revised by this */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallStateBody"];
                };
            };
            /** @description A new incident */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallStateBody"];
                };
            };
            /** @description The call was refused; each member is named */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source has this token */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not a service of this source */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source is configured */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Neither JSON nor a CloudEvent */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Faster than agreed; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not stored for now: post it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    call_state: {
        parameters: {
            query?: never;
            header: {
                /** @description `Bearer` and the source's token */
                Authorization: string;
            };
            path: {
                /** @description The incident, as the posting was answered */
                incident: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallStateBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source has this token */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such incident of this source */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Faster than agreed; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cameras: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cameras */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": components["schemas"]["CamerasBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many questions at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    camera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The camera */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": components["schemas"]["CameraBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    playlist: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339.
                 * @example 2026-03-01T07:31:00+07:00
                 */
                end: string;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
                /**
                 * @description `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
                 *     `h264`: a viewing copy, for browsers that cannot decode the original. Where masks lie over the
                 *     footage it is always a copy.
                 */
                rendition?: string;
                /** @description Greatest width of a viewing copy, in pixels; 1280 if left out. */
                width?: number;
                /** @description `on` (if left out), or `off`: without privacy masks, for who holds `unmask`. */
                masks?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The playlist */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or stream, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clip: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339.
                 * @example 2026-03-01T07:31:00+07:00
                 */
                end: string;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
                /**
                 * @description `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
                 *     `h264`: a viewing copy, for browsers that cannot decode the original. Where masks lie over the
                 *     footage it is always a copy.
                 */
                rendition?: string;
                /** @description Greatest width of a viewing copy, in pixels; 1280 if left out. */
                width?: number;
                /** @description `on` (if left out), or `off`: without privacy masks, for who holds `unmask`. */
                masks?: string;
            };
            header?: {
                /** @description One span of bytes, as in RFC 9110 */
                Range?: string | null;
                /** @description The ETag that `Range` refers to */
                "If-Range"?: string | null;
            };
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The clip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description A part of the clip */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description The clip is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Masks are lifted only for who holds `unmask`, once a second person has agreed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or stream, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `Range` lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clips or copies at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    frame: {
        parameters: {
            query?: {
                /** @description When; the newest picture if left out. */
                time?: string;
                /** @description Greatest width, in pixels; the picture is never enlarged. */
                width?: number;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    /** @description The moment that it shows */
                    "Watchpost-Time"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not yet: `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: {
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
                /**
                 * @description `original`, or `h264` for a viewing copy, made of the camera's small stream where there is one:
                 *     for a client that cannot decode what the camera sends.
                 */
                rendition?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from now on */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted, or asked by a page from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or stream */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not asked as a WebSocket */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live_playlist: {
        parameters: {
            query?: {
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
                /** @description `on` (if left out), or `off`: without privacy masks, for who holds `unmask`. */
                masks?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The playlist */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted, or privacy masks lie over its pictures */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or stream, or nothing recorded of now */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live_piece: {
        parameters: {
            query?: {
                /** @description As the playlist was asked for. */
                masks?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
                /**
                 * @description As the playlist names it
                 * @example 17-head.mp4
                 */
                piece: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The piece */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description A part of the piece */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description The piece is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted, or privacy masks lie over its pictures */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or piece, or no longer */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `Range` lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clips or pieces at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    recordings: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339.
                 * @example 2026-03-01T07:31:00+07:00
                 */
                end: string;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Spans and gaps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera or stream */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    camera_scene: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The scene */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SceneBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sprite: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339; 48 hours later at most.
                 * @example 2026-03-01T08:30:00+07:00
                 */
                end: string;
                /** @description Pictures over the range, evenly; fewer where nothing is recorded. 60 if left out. */
                count?: number;
                /** @description Width of a picture, in pixels; 160 if left out. */
                width?: number;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The moments, and where the sheet is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpriteBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sprite_sheet: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339; 48 hours later at most.
                 * @example 2026-03-01T08:30:00+07:00
                 */
                end: string;
                /** @description Pictures over the range, evenly; fewer where nothing is recorded. 60 if left out. */
                count?: number;
                /** @description Width of a picture, in pixels; 160 if left out. */
                width?: number;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
            };
            header?: never;
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sheet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
            /** @description The sheet is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many sheets at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    thumbnail: {
        parameters: {
            query: {
                /** @description When, RFC 3339: the last keyframe at or before it is shown. */
                time: string;
                /** @description Greatest width, in pixels; 320 if left out. */
                width?: number;
                /** @description `main` or `sub`; the camera's main stream if left out. */
                stream?: string;
            };
            header?: {
                /** @description The ETag of the picture at hand */
                "If-None-Match"?: string | null;
            };
            path: {
                /** @description The camera's id */
                camera: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
            /** @description The picture is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera, or not recorded; the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not yet: `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cases: {
        parameters: {
            query?: {
                /** @description Only cases below this id; from the newest if left out. */
                before?: number;
                /** @description Cases on the page at most; 100 if left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of cases */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CasesBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    open_case: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaseStart"];
            };
        };
        responses: {
            /** @description Opened */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseBody"];
                };
            };
            /** @description A member was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is a case of this number that one is told of */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The case's id */
                case: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The case */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetailBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such case */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    case_playlist: {
        parameters: {
            query?: {
                /** @description `main` or `sub`, of each camera that has it; its main or only one if left out. */
                stream?: string;
                /** @description Footage of this camera only. */
                camera?: string;
                /**
                 * @description `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
                 *     `h264`: a viewing copy, for browsers that cannot decode the original. Where masks lie over the
                 *     footage it is always a copy.
                 */
                rendition?: string;
                /** @description Greatest width of a viewing copy, in pixels; 1280 if left out. */
                width?: number;
                /** @description `on` (if left out), or `off`: without privacy masks, for who holds `unmask`. */
                masks?: string;
            };
            header?: never;
            path: {
                /** @description The case's id */
                case: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The playlist */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Masks are lifted only for who holds `unmask`, once a second person has agreed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such case, or no footage of it that is still recorded */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_case: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The case's id */
                case: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaseMarkStart"];
            };
        };
        responses: {
            /** @description Put into the case */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseMarkBody"];
                };
            };
            /** @description A member was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such case, alert or camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_connection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionTrial"];
            };
        };
        responses: {
            /** @description What came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionTested"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another one is being tried */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    coverage: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T00:00:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339; what lies ahead of now is left out.
                 * @example 2026-04-01T00:00:00+07:00
                 */
                end: string;
                /**
                 * @description Only these cameras: ids between commas. All that were there in the range if left out, those
                 *     that are configured no longer too.
                 */
                cameras?: string;
                /** @description Gaps told for each camera and aspect at most, the longest; 20 if left out. */
                gaps?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The coverage */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoverageBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_events: {
        parameters: {
            query?: {
                /**
                 * @description First moment, RFC 3339; open if left out.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start?: string;
                /** @description First moment after, RFC 3339; open if left out. */
                end?: string;
                /**
                 * @description Around an event: its id. From `margin` before it began until `margin` after it ended; not
                 *     together with `start` and `end`.
                 */
                around?: string;
                /** @description How far before and after the event of `around`, in seconds; 600 if left out. */
                margin?: number;
                /** @description Only these hours of every day, `07:00-09:00`; they may run past midnight. */
                daily?: string;
                /** @description The zone that `daily` is meant in; `+07:00` if left out. */
                zone?: string;
                /**
                 * @description Within a box: `south,west,north,east` in degrees. Only one of `bbox`, `circle`, `polygon`,
                 *     `corridor` and `place`.
                 * @example 21.02,105.84,21.04,105.86
                 */
                bbox?: string;
                /**
                 * @description Within a circle: `lat,lon,radius`, in degrees and metres.
                 * @example 21.0285,105.8522,500
                 */
                circle?: string;
                /** @description Inside a polygon: `lat,lon;lat,lon;…`, 3 to 1000 corners. */
                polygon?: string;
                /**
                 * @description Along a line, such as a road: `lat,lon;lat,lon;…;reach`, the reach to each side in metres.
                 * @example 21.0325,105.8565;21.0385,105.8690;80
                 */
                corridor?: string;
                /**
                 * @description In a named street, ward or province, or at cameras of that name; case and diacritics do
                 *     not matter.
                 * @example hang bai
                 */
                place?: string;
                /**
                 * @description At the cameras of a named place: its `id` of `/places`.
                 * @example site-cau-chuong-duong
                 */
                place_id?: string;
                /** @description Only these cameras: ids between commas. */
                cameras?: string;
                /**
                 * @description Only these classes: words between commas.
                 * @example person,motorcycle
                 */
                class?: string;
                /**
                 * @description Only these kinds of rule: words between commas.
                 * @example line_crossing,intrusion
                 */
                kind?: string;
                /** @description Only these rules: ids between commas. */
                rule?: string;
                /** @description Only events of this severity or graver; 1 is the gravest. */
                severity?: number;
                /**
                 * @description Only vehicles of these colours: `white`, `black`, `grey`, `red`, `yellow`, `green`, `blue`,
                 *     `brown`, between commas.
                 * @example red,brown
                 */
                colour?: string;
                /**
                 * @description Only objects of these sizes: `small` (a person, a motorcycle), `medium` (a car), `large` (a
                 *     bus, a truck), between commas. Known where a camera is calibrated.
                 * @example large
                 */
                size?: string;
                /**
                 * @description Only objects that went to these points of the compass: `n`, `ne`, `e`, `se`, `s`, `sw`, `w`,
                 *     `nw`, between commas. Known where a camera is calibrated.
                 * @example n,ne
                 */
                heading?: string;
                /**
                 * @description Only what lasted at least so many seconds: an event's condition, an object in view.
                 * @example 30
                 */
                dwell?: number;
                /**
                 * @description Only what is at least so sure, 0 to 1.
                 * @example 0.6
                 */
                confidence?: number;
                /**
                 * @description Only objects whose track went over this line on the view of the one camera in `cameras`:
                 *     `x,y;x,y` in parts of the view from its upper left corner.
                 * @example 0.5,1;0.5,0.2
                 */
                gate?: string;
                /**
                 * @description Which way over `gate`, looking along it from its first point: `left_to_right` or
                 *     `right_to_left`; either if left out.
                 * @example left_to_right
                 */
                sense?: string;
                /**
                 * @description Only what went so fast or faster, in km/h, as the picture tells: an indication.
                 * @example 60
                 */
                speed_from?: number;
                /**
                 * @description Only what went so fast or slower, in km/h.
                 * @example 90
                 */
                speed_to?: number;
                /** @description `newest` (if left out) or `oldest` first. */
                order?: string;
                /** @description Where the page before ended: its `next`. */
                cursor?: string;
                /** @description Events on the page at most; 100 if left out. */
                limit?: number;
                /** @description Whether the first page tells what was covered: `true` (if left out) or `false`. */
                coverage?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_histogram: {
        parameters: {
            query?: {
                /**
                 * @description First moment, RFC 3339; open if left out.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start?: string;
                /** @description First moment after, RFC 3339; open if left out. */
                end?: string;
                /**
                 * @description Around an event: its id. From `margin` before it began until `margin` after it ended; not
                 *     together with `start` and `end`.
                 */
                around?: string;
                /** @description How far before and after the event of `around`, in seconds; 600 if left out. */
                margin?: number;
                /** @description Only these hours of every day, `07:00-09:00`; they may run past midnight. */
                daily?: string;
                /** @description The zone that `daily` is meant in; `+07:00` if left out. */
                zone?: string;
                /**
                 * @description Within a box: `south,west,north,east` in degrees. Only one of `bbox`, `circle`, `polygon`,
                 *     `corridor` and `place`.
                 * @example 21.02,105.84,21.04,105.86
                 */
                bbox?: string;
                /**
                 * @description Within a circle: `lat,lon,radius`, in degrees and metres.
                 * @example 21.0285,105.8522,500
                 */
                circle?: string;
                /** @description Inside a polygon: `lat,lon;lat,lon;…`, 3 to 1000 corners. */
                polygon?: string;
                /**
                 * @description Along a line, such as a road: `lat,lon;lat,lon;…;reach`, the reach to each side in metres.
                 * @example 21.0325,105.8565;21.0385,105.8690;80
                 */
                corridor?: string;
                /**
                 * @description In a named street, ward or province, or at cameras of that name; case and diacritics do
                 *     not matter.
                 * @example hang bai
                 */
                place?: string;
                /**
                 * @description At the cameras of a named place: its `id` of `/places`.
                 * @example site-cau-chuong-duong
                 */
                place_id?: string;
                /** @description Only these cameras: ids between commas. */
                cameras?: string;
                /**
                 * @description Only these classes: words between commas.
                 * @example person,motorcycle
                 */
                class?: string;
                /**
                 * @description Only these kinds of rule: words between commas.
                 * @example line_crossing,intrusion
                 */
                kind?: string;
                /** @description Only these rules: ids between commas. */
                rule?: string;
                /** @description Only events of this severity or graver; 1 is the gravest. */
                severity?: number;
                /**
                 * @description Only vehicles of these colours: `white`, `black`, `grey`, `red`, `yellow`, `green`, `blue`,
                 *     `brown`, between commas.
                 * @example red,brown
                 */
                colour?: string;
                /**
                 * @description Only objects of these sizes: `small` (a person, a motorcycle), `medium` (a car), `large` (a
                 *     bus, a truck), between commas. Known where a camera is calibrated.
                 * @example large
                 */
                size?: string;
                /**
                 * @description Only objects that went to these points of the compass: `n`, `ne`, `e`, `se`, `s`, `sw`, `w`,
                 *     `nw`, between commas. Known where a camera is calibrated.
                 * @example n,ne
                 */
                heading?: string;
                /**
                 * @description Only what lasted at least so many seconds: an event's condition, an object in view.
                 * @example 30
                 */
                dwell?: number;
                /**
                 * @description Only what is at least so sure, 0 to 1.
                 * @example 0.6
                 */
                confidence?: number;
                /**
                 * @description Only objects whose track went over this line on the view of the one camera in `cameras`:
                 *     `x,y;x,y` in parts of the view from its upper left corner.
                 * @example 0.5,1;0.5,0.2
                 */
                gate?: string;
                /**
                 * @description Which way over `gate`, looking along it from its first point: `left_to_right` or
                 *     `right_to_left`; either if left out.
                 * @example left_to_right
                 */
                sense?: string;
                /**
                 * @description Only what went so fast or faster, in km/h, as the picture tells: an indication.
                 * @example 60
                 */
                speed_from?: number;
                /**
                 * @description Only what went so fast or slower, in km/h.
                 * @example 90
                 */
                speed_to?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hours that hold events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistogramBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_feed: {
        parameters: {
            query?: {
                /**
                 * @description The place after which to begin, as it was told (`as_of`, the `id` of an event); from now if left
                 *     out, from the first event if 0.
                 */
                after?: string;
                /** @description Only these cameras: ids between commas. */
                cameras?: string;
                /** @description Only these classes: words between commas. */
                class?: string;
                /** @description Only these kinds of rule: words between commas. */
                kind?: string;
                /** @description Only events of this severity or graver; 1 is the gravest. */
                severity?: number;
                /**
                 * @description `true`: a silent feed shows every 5 s that it lives by an event `beat`. Otherwise by a comment,
                 *     which browsers do not tell pages of.
                 */
                beat?: boolean;
            };
            header?: {
                /** @description The `id` received last; goes before `after` */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The feed; it does not end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["EventBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clients, or stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a UUID */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such event */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a UUID */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alert */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such event, or it belongs to no alert: counts do not */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_clip: {
        parameters: {
            query?: {
                /**
                 * @description `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
                 *     `h264`: a viewing copy, for browsers that cannot decode the original.
                 */
                rendition?: string;
                /** @description Greatest width of a viewing copy, in pixels; 1280 if left out. */
                width?: number;
            };
            header?: {
                /** @description One span of bytes, as in RFC 9110 */
                Range?: string | null;
                /** @description The ETag that `Range` refers to */
                "If-Range"?: string | null;
            };
            path: {
                /** @description The event's id, a UUID */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The clip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description A part of the clip */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description The clip is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The persons that its camera sees are softened */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such event; or not recorded: the gaps say why */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `Range` lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clips or copies at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event_still: {
        parameters: {
            query?: {
                /**
                 * @description `plain` (if left out): as it is; `drawn`: a copy with the rule's geometry, the object's path
                 *     up to then and its box; `crop`: the object and a little around it, at full resolution.
                 */
                view?: string;
                /** @description Greatest width, in pixels; the picture is never enlarged. */
                width?: number;
            };
            header?: never;
            path: {
                /** @description The event's id, a UUID */
                event: string;
                /** @description `before`, `at` or `after` */
                which: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such event; or not recorded: the gaps say why; or no object in this picture to crop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not yet: `Retry-After` says when */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The exports */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportsBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    order_export: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"];
            };
        };
        responses: {
            /** @description It is being made, or waits for a second person; `Location` tells how it is going */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The purpose is not the asking account's, or no longer good; or masks may not be removed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description As many as may wait are waiting */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The export's id */
                export: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it is going */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such export that the asking account may know of */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decide_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The export's id */
                export: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecisionRequest"];
            };
        };
        responses: {
            /** @description The export */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such export that waits for the asking account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It waits for nobody, or the same person ordered it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The export's id */
                export: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The package */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": number[];
                };
            };
            /** @description A part of it */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": number[];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such export of the asking account, or it is not done */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `Range` lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_finding: {
        parameters: {
            query?: never;
            header: {
                /** @description `Bearer` and the source's token */
                Authorization: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Finding"];
            };
        };
        responses: {
            /** @description Stored before, under this id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredFindingBody"];
                };
            };
            /** @description Stored */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredFindingBody"];
                };
            };
            /** @description The finding was refused; each member is named */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source has this token */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not a camera or kind of this source */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source is configured */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Neither JSON nor a CloudEvent */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Faster than agreed; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not stored for now: post it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does, at least for the greater part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nothing can be recorded or found */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthBody"];
                };
            };
        };
    };
    holds: {
        parameters: {
            query?: {
                /** @description Whether those that were lifted, or ended, are told as well; they are not if left out. */
                lifted?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The holds, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldBody"][];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    place_hold: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HoldRequest"];
            };
        };
        responses: {
            /** @description The hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lift_hold: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The hold's number */
                hold: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hold, lifted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such hold in force */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody has asked, or the same person did */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_to_lift_hold: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The hold's number */
                hold: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LiftRequest"];
            };
        };
        responses: {
            /** @description The hold */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such hold in force */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be lifted so */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The alert that it is, a UUID */
                incident: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such alert, or it is of no call */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    map_layers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MapLayersBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    map_layer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The layer's id */
                layer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": Record<string, never>;
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such layer */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_own_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            /** @description The new password holds; other sessions have ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body or the new password was refused; or a token has none */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The present password is another */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many wrong ones; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many log-ins at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    notifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every target with its dead letters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationsBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_notifications: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The target's id */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are being sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetryBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Asked by a page from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such target */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    officers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The people */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfficersBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI 3.1 document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    places: {
        parameters: {
            query: {
                /**
                 * @description The beginnings of words of its name; case and diacritics do not matter.
                 * @example cau chuong duong
                 */
                q: string;
                /**
                 * @description Of equally good ones the nearest first: `lat,lon`.
                 * @example 21.03,105.85
                 */
                near?: string;
                /** @description Places at most; 10 if left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The places, the best first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacesBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    place: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The place's id */
                place: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The place */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaceBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such place */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    purposes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The purposes, the one in force first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurposesBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    state_purpose: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurposeRequest"];
            };
        };
        responses: {
            /** @description The purpose */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurposeBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Asked by a page from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    current_purpose: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The purpose */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurposeBody"] | null;
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_up_purpose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The purpose's number */
                purpose: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The purpose */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurposeBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is not the asking account's, or no longer good */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_region: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegionRequest"];
            };
        };
        responses: {
            /** @description It is under way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegionSearchBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A purpose is needed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description As many as may be are under way, or one of the asking account */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    region_search: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The search's id */
                region: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it is going */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegionSearchBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such search of the asking account, or it was long ago */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_region_search: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The search's id */
                region: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It ends with the picture that is being looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegionSearchBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such search of the asking account, or it was long ago */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description Findings as they come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["ReplayLine"];
                };
            };
            /** @description The body was refused, each mistake with its place */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many replays at once, or stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shift_report: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339; the latest hand-over if left out, or 8 hours before the end. */
                start?: string;
                /** @description First moment after, RFC 3339; now if left out. No report is of more than 31 days. */
                end?: string;
                /**
                 * @description `vi` (if left out) or `en`.
                 * @example vi
                 */
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shift_figures: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339; the latest hand-over if left out, or 8 hours before the end. */
                start?: string;
                /** @description First moment after, RFC 3339; now if left out. No report is of more than 31 days. */
                end?: string;
                /**
                 * @description `vi` (if left out) or `en`.
                 * @example vi
                 */
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saved_searches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The searches */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedSearchesBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SaveRequest"];
            };
        };
        responses: {
            /** @description The search */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedSearchBody"];
                };
            };
            /** @description The body, or a condition in it, was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forget_search: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The search's number */
                search: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such search of the asking account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    segment: {
        parameters: {
            query?: {
                /**
                 * @description `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
                 *     `h264`: a viewing copy, for browsers that cannot decode the original. Where masks lie over the
                 *     footage it is always a copy.
                 */
                rendition?: string;
                /** @description Greatest width of a viewing copy, in pixels; 1280 if left out. */
                width?: number;
                /** @description `on` (if left out), or `off`: without privacy masks, for who holds `unmask`. */
                masks?: string;
                /** @description Of a viewing copy only its `head`, or its `body`: for playlists */
                part?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The segment's number with `.mp4` behind it
                 * @example 17.mp4
                 */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description A part of the file */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": number[];
                };
            };
            /** @description The file is the one of `If-None-Match` */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Masks are lifted only for who holds `unmask`, once a second person has agreed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such segment */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `Range` lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Signed in; `Set-Cookie` holds the session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The name or the password is wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Asked by a page from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many log-ins; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many log-ins at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A token is not signed out */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shelvings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shelvings, those that end first before the others */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShelvingBody"][];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shelve_rule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShelvingRequest"];
            };
        };
        responses: {
            /** @description The shelving */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShelvingBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The rule is shelved there already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_shelving: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The shelving's number */
                shelving: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shelving, ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShelvingBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such shelving in force */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It has just been ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shift: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is open, and what was written down */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShiftBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hand_over_shift: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HandoverStart"];
            };
        };
        responses: {
            /** @description Waits for the second signature */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandoverBody"];
                };
            };
            /** @description A member was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_handover: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The hand-over's number */
                handover: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Both officers have signed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandoverBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody says who acts */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such hand-over */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It waits for somebody else's signature, or for none */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_signal: {
        parameters: {
            query?: never;
            header: {
                /** @description `Bearer` and the source's token */
                Authorization: string;
            };
            path: {
                /** @description The signal's name in the configuration */
                signal: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignalTold"];
            };
        };
        responses: {
            /** @description Taken */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignalTakenBody"];
                };
            };
            /** @description The state was refused; each member is named */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source has this token */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not a signal of this source */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No source is configured */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not JSON */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Faster than agreed; `Retry-After` says when to go on */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not taken for now: tell it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alert_stats: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339; an hour before the end if left out. */
                start?: string;
                /** @description First moment after, RFC 3339; now if left out. */
                end?: string;
                /** @description Seconds of a span; 60 if left out. No more than 2000 spans are answered. */
                step?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts by span and severity */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertStatsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every volume */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream: {
        parameters: {
            query?: {
                /**
                 * @description What is followed: `alerts` (with floods), `events`, `desk` (who else is there), between commas;
                 *     `alerts` if left out.
                 * @example alerts,events,desk
                 */
                topics?: string;
                /**
                 * @description The places after which to go on, as an `id` of this stream told them; from now on where it tells
                 *     none.
                 */
                after?: string;
                /** @description The place in the alerts after which to begin (`as_of` of `/alerts`); goes before `after`. */
                alerts_after?: string;
                /** @description The place in the events after which to begin (`as_of` of `/events`); goes before `after`. */
                events_after?: string;
                /** @description `true`: a silent stream shows every 5 s that it lives by an event `beat`, as the event feed does. */
                beat?: boolean;
            };
            header?: {
                /** @description The `id` received last; goes before all others */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream; it does not end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["PresenceBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many clients, or stopping */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    timeline: {
        parameters: {
            query: {
                /**
                 * @description First moment, RFC 3339.
                 * @example 2026-03-01T21:00:00+07:00
                 */
                start: string;
                /**
                 * @description First moment after, RFC 3339; 48 hours after the first at most.
                 * @example 2026-03-01T22:00:00+07:00
                 */
                end: string;
                /**
                 * @description Only these cameras: ids between commas, 64 at most. All that are configured and the caller may
                 *     search if left out.
                 * @example cau-giay-01,cau-giay-02
                 */
                cameras?: string;
                /** @description Into how many parts of the same length the span is cut; 500 if left out. */
                buckets?: number;
                /**
                 * @description Only objects and events of these classes: words between commas; of all if left out.
                 * @example car,truck
                 */
                class?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lanes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tracks: {
        parameters: {
            query?: {
                /**
                 * @description First moment, RFC 3339; open if left out.
                 * @example 2026-03-01T07:30:00+07:00
                 */
                start?: string;
                /** @description First moment after, RFC 3339; open if left out. */
                end?: string;
                /**
                 * @description Around an event: its id. From `margin` before it began until `margin` after it ended; not
                 *     together with `start` and `end`.
                 */
                around?: string;
                /** @description How far before and after the event of `around`, in seconds; 600 if left out. */
                margin?: number;
                /** @description Only these hours of every day, `07:00-09:00`; they may run past midnight. */
                daily?: string;
                /** @description The zone that `daily` is meant in; `+07:00` if left out. */
                zone?: string;
                /**
                 * @description Within a box: `south,west,north,east` in degrees. Only one of `bbox`, `circle`, `polygon`,
                 *     `corridor` and `place`.
                 * @example 21.02,105.84,21.04,105.86
                 */
                bbox?: string;
                /**
                 * @description Within a circle: `lat,lon,radius`, in degrees and metres.
                 * @example 21.0285,105.8522,500
                 */
                circle?: string;
                /** @description Inside a polygon: `lat,lon;lat,lon;…`, 3 to 1000 corners. */
                polygon?: string;
                /**
                 * @description Along a line, such as a road: `lat,lon;lat,lon;…;reach`, the reach to each side in metres.
                 * @example 21.0325,105.8565;21.0385,105.8690;80
                 */
                corridor?: string;
                /**
                 * @description In a named street, ward or province, or at cameras of that name; case and diacritics do
                 *     not matter.
                 * @example hang bai
                 */
                place?: string;
                /**
                 * @description At the cameras of a named place: its `id` of `/places`.
                 * @example site-cau-chuong-duong
                 */
                place_id?: string;
                /** @description Only these cameras: ids between commas. */
                cameras?: string;
                /**
                 * @description Only these classes: words between commas.
                 * @example car,truck
                 */
                class?: string;
                /**
                 * @description Only those followed by our own analysis (`analysis`), or by the cameras themselves (`camera`).
                 * @example analysis
                 */
                source?: string;
                /** @description Whether to answer with the paths: `true` (if left out) or `false`. */
                paths?: boolean;
                /** @description Where the page before ended: its `next`. */
                cursor?: string;
                /** @description Tracks on the page at most; 100 if left out. */
                limit?: number;
                /** @description Whether the first page tells what was covered: `true` (if left out) or `false`. */
                coverage?: boolean;
                /**
                 * @description Only vehicles of these colours: `white`, `black`, `grey`, `red`, `yellow`, `green`, `blue`,
                 *     `brown`, between commas.
                 * @example red,brown
                 */
                colour?: string;
                /**
                 * @description Only objects of these sizes: `small` (a person, a motorcycle), `medium` (a car), `large` (a
                 *     bus, a truck), between commas. Known where a camera is calibrated.
                 * @example large
                 */
                size?: string;
                /**
                 * @description Only objects that went to these points of the compass: `n`, `ne`, `e`, `se`, `s`, `sw`, `w`,
                 *     `nw`, between commas. Known where a camera is calibrated.
                 * @example n,ne
                 */
                heading?: string;
                /**
                 * @description Only what lasted at least so many seconds: an event's condition, an object in view.
                 * @example 30
                 */
                dwell?: number;
                /**
                 * @description Only what is at least so sure, 0 to 1.
                 * @example 0.6
                 */
                confidence?: number;
                /**
                 * @description Only objects whose track went over this line on the view of the one camera in `cameras`:
                 *     `x,y;x,y` in parts of the view from its upper left corner.
                 * @example 0.5,1;0.5,0.2
                 */
                gate?: string;
                /**
                 * @description Which way over `gate`, looking along it from its first point: `left_to_right` or
                 *     `right_to_left`; either if left out.
                 * @example left_to_right
                 */
                sense?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tracks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TracksBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unmaskings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was asked for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmaskingsBody"];
                };
            };
            /** @description A parameter or a part of the address was refused, or one is not known */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_to_unmask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Names the request among the caller's: 1 to 200 visible ASCII characters. The same request again makes nothing more and is answered alike, for a day */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnmaskingRequest"];
            };
        };
        responses: {
            /** @description It waits for a second person */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmaskingBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The purpose is not the asking account's, or no longer good */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such camera */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key belongs to another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decide_unmasking: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                unmasking: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecisionRequest"];
            };
        };
        responses: {
            /** @description What was asked for, decided */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmaskingBody"];
                };
            };
            /** @description The body was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nothing such waits for the asking account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It waits for nobody, or the same person asked for it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once, too slow, or stopping: ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verdicts: {
        parameters: {
            query?: {
                /** @description First moment, RFC 3339, of the alert's first event; open if left out. */
                start?: string;
                /** @description First moment after, RFC 3339; open if left out. */
                end?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts and precision */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerdictsBody"];
                };
            };
            /** @description A parameter was refused */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not permitted */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many searches at once */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
