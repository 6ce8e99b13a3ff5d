-- Every table of an organisation's data begins with `org`, the small integer that stands for an organisation in this file:
-- it is first in every unique and secondary index, and part of every foreign key, so that no row can refer to another
-- organisation's. What is in the trash has a `deleted_at`; what was merged, besides, who answers for it as `merged_into`.
-- Rows are in creation order (`rid`), which every index ends with. Ids are the 16 bytes of a UUID, times are
-- microseconds since 1970 UTC. The columns of account, contact, opportunity, note and activity are the system fields of
-- lanekeeper-core, under the same names.
--
-- Of what every request writes, `org` has no foreign key of its own: nothing deletes an organisation, and what writes has read
-- its row in the same transaction.

create table organization (
    org integer primary key,
    id blob not null unique,
    name text not null,
    unknown_attributes text not null check (unknown_attributes in ('create', 'strict')),
    last_sequence integer not null default 0,
    created_at integer not null
) strict;

-- What this database knows and nobody else: the key that signs cursors.
create table secret (
    name text primary key,
    value blob not null
) strict, without rowid;
insert into secret (name, value) values ('cursor', randomblob(32));

-- The copy into this database that is not finished: what is copied, and the place in it that was reached. As long as there
-- is one, nothing else may use the database.
create table unfinished_copy (
    id integer primary key default 1 check (id = 1),
    source_name text not null,
    place text not null
) strict;

create table pipeline (
    rid integer primary key,
    org integer not null references organization (org),
    id blob not null,
    name text not null,
    is_default integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (org, id)
) strict;

create table stage (
    rid integer primary key,
    org integer not null,
    id blob not null,
    pipeline_id blob not null,
    label text not null,
    stage_order integer not null,
    color text,
    is_active integer not null,
    is_default integer not null,
    probability real,
    stage_type text not null,
    unique (org, id),
    unique (org, pipeline_id, id),
    foreign key (org, pipeline_id) references pipeline (org, id)
) strict;
create index stage_of_pipeline on stage (org, pipeline_id, stage_order);

create table member (
    rid integer primary key,
    org integer not null references organization (org),
    id blob not null,
    email text not null,
    name text not null,
    role text not null,
    is_active integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (org, id),
    unique (org, email)
) strict;

-- A key's hash finds its organisation: the one look-up that cannot begin with `org`.
create table api_key (
    rid integer primary key,
    org integer not null references organization (org),
    id blob not null,
    name text not null,
    scope text not null,
    routes text not null,
    hash blob not null unique,
    hint text not null,
    created_at integer not null,
    expires_at integer,
    revoked_at integer,
    last_used_at integer,
    unique (org, id)
) strict;
create index api_key_live on api_key (org) where revoked_at is null;

create table field (
    rid integer primary key,
    org integer not null references organization (org),
    id blob not null,
    object text not null,
    pipeline_id blob,
    slug text not null,
    name text not null,
    attribute_type text not null,
    metadata text,
    field_order integer not null,
    is_hidden integer not null,
    is_system integer not null,
    created_at integer not null,
    unique (org, id),
    foreign key (org, pipeline_id) references pipeline (org, id)
) strict;
create unique index field_by_slug on field (org, object, ifnull(pipeline_id, x''), slug);

create table account (
    rid integer primary key,
    org integer not null,
    id blob not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    merged_into blob,
    custom text,
    name text,
    domain text not null,
    industry text,
    logo text,
    linkedin text,
    twitter text,
    description text,
    primary_location text,
    employee_range text,
    type text,
    twitter_followers real,
    estimated_revenue real,
    total_fund_raised real,
    founded real,
    tags text,
    first_email_interaction integer,
    last_email_interaction integer,
    first_meeting_interaction integer,
    last_meeting_interaction integer,
    last_interaction integer,
    next_meeting integer,
    unique (org, id),
    foreign key (org, merged_into) references account (org, id)
) strict;
create unique index account_by_domain on account (org, domain) where deleted_at is null;
-- What is in the trash is found by what refers to it.
create index account_in_trash on account (org, domain) where deleted_at is not null;
create index account_merged on account (org, domain) where merged_into is not null;
create index account_by_update on account (org, updated_at) where deleted_at is null;
create index account_by_creation on account (org, created_at) where deleted_at is null;

create table contact (
    rid integer primary key,
    org integer not null,
    id blob not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    merged_into blob,
    custom text,
    email text not null,
    first_name text,
    last_name text,
    full_name text,
    job_title text,
    phone text,
    seniority text,
    linkedin text,
    twitter text,
    current_company text,
    type text,
    avatar_url text,
    twitter_followers real,
    email_verified integer,
    other_emails text,
    first_email_interaction integer,
    last_email_interaction integer,
    first_meeting_interaction integer,
    last_meeting_interaction integer,
    last_interaction integer,
    next_meeting integer,
    account_id blob,
    unique (org, id),
    foreign key (org, account_id) references account (org, id),
    foreign key (org, merged_into) references contact (org, id)
) strict;
create unique index contact_by_email on contact (org, email) where deleted_at is null;
create index contact_in_trash on contact (org, email) where deleted_at is not null;
create index contact_by_update on contact (org, updated_at) where deleted_at is null;
create index contact_by_creation on contact (org, created_at) where deleted_at is null;
create index contact_by_account on contact (org, account_id, updated_at);

-- The other addresses of a contact that is not in the trash: what is written to one of them finds the contact too.
create table contact_address (
    rid integer primary key,
    org integer not null,
    email text not null,
    contact_id blob not null,
    unique (org, email),
    foreign key (org, contact_id) references contact (org, id)
) strict;
create index address_of_contact on contact_address (org, contact_id);

create table opportunity (
    rid integer primary key,
    org integer not null,
    id blob not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    merged_into blob,
    custom text,
    name text,
    pipeline_id blob not null,
    stage_id blob not null,
    deal_size real,
    close_date integer,
    next_action_date integer,
    next_steps text,
    account_id blob,
    contact_id blob,
    owner_id blob,
    unique (org, id),
    foreign key (org, pipeline_id, stage_id) references stage (org, pipeline_id, id),
    foreign key (org, account_id) references account (org, id),
    foreign key (org, contact_id) references contact (org, id),
    foreign key (org, owner_id) references member (org, id)
) strict;
create index opportunity_by_update on opportunity (org, pipeline_id, updated_at) where deleted_at is null;
create index opportunity_by_creation on opportunity (org, pipeline_id, created_at) where deleted_at is null;
create index opportunity_by_stage on opportunity (org, pipeline_id, stage_id, updated_at) where deleted_at is null;
-- What is in a stage, in the trash or not, and how much that is worth, without a look at the rows: in the order in which they
-- were created, so that a new one goes to the end of its stage.
create index opportunity_of_stage on opportunity (org, pipeline_id, stage_id, deleted_at, rid, deal_size);
create index opportunity_by_owner on opportunity (org, pipeline_id, owner_id, updated_at) where deleted_at is null;
create index opportunity_by_deal_size on opportunity (org, pipeline_id, deal_size) where deleted_at is null;
create index opportunity_by_close_date on opportunity (org, pipeline_id, close_date) where deleted_at is null;
create index opportunity_by_next_action on opportunity (org, pipeline_id, next_action_date) where deleted_at is null;
create index opportunity_by_account on opportunity (org, account_id, updated_at);
create index opportunity_by_contact on opportunity (org, contact_id, updated_at);

-- The additional contacts of an opportunity, in their order.
create table opportunity_contact (
    rid integer primary key,
    org integer not null,
    opportunity_id blob not null,
    contact_id blob not null,
    unique (org, opportunity_id, contact_id),
    foreign key (org, opportunity_id) references opportunity (org, id),
    foreign key (org, contact_id) references contact (org, id)
) strict;
create index opportunities_of_contact on opportunity_contact (org, contact_id);

-- The names of records that are not in the trash, folded, as far as they are sorted by.
create table account_name (
    org integer not null,
    value text not null,
    record integer not null,
    primary key (org, value, record)
) strict, without rowid;
create table contact_name (
    org integer not null,
    value text not null,
    record integer not null,
    primary key (org, value, record)
) strict, without rowid;

-- The values of custom fields as they compare, of records that are not in the trash; texts as far as they are sorted by. A
-- row for each value, or for each entry of a list. `field` is the row of the field, which tells whose values they are, and
-- `record` the row of the record. The second index has the records of one value in the order in which they were updated.
create table custom_value (
    org integer not null,
    field integer not null,
    value any not null,
    record integer not null,
    updated_at integer not null,
    primary key (org, field, value, record)
) strict, without rowid;
create index custom_value_by_update on custom_value (org, field, value, updated_at);

create table note (
    rid integer primary key,
    org integer not null,
    id blob not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    merged_into blob,
    custom text,
    title text,
    content text not null,
    account_ids text,
    contact_ids text,
    opportunity_ids text,
    unique (org, id)
) strict;
create index note_by_update on note (org, updated_at) where deleted_at is null;
create index note_by_creation on note (org, created_at) where deleted_at is null;

create table activity (
    rid integer primary key,
    org integer not null,
    id blob not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    merged_into blob,
    custom text,
    activity_type text not null,
    title text not null,
    description text,
    participants text,
    domains text,
    metadata text,
    account_ids text,
    contact_ids text,
    opportunity_ids text,
    unique (org, id)
) strict;
create index activity_by_update on activity (org, updated_at) where deleted_at is null;
create index activity_by_creation on activity (org, created_at) where deleted_at is null;

-- Timelines: the notes and the activities of an account, a contact or an opportunity (its id is the `value`), by the
-- time they are of, also those in the trash.
-- The lists of ids in the records say the same; these are their index.
create table note_link (
    org integer not null,
    value blob not null,
    is_live integer not null,
    created_at integer not null,
    record integer not null,
    primary key (org, value, is_live, created_at, record)
) strict, without rowid;
create table activity_link (
    org integer not null,
    value blob not null,
    is_live integer not null,
    created_at integer not null,
    record integer not null,
    primary key (org, value, is_live, created_at, record)
) strict, without rowid;

-- Texts on their way into the index of texts below, which takes many at once far more cheaply than few: a create waits here,
-- and is found by reading what waits.
create table waiting_text (
    org integer not null,
    object text not null,
    record integer not null,
    is_changed integer not null,
    body text not null
) strict;

-- The texts of records, folded, by their rows' `rid`: any three characters in a row of a word find them, as tokens that begin
-- with the organisation. An opportunity's has the texts of its account and its contact besides, as they were when it was
-- written; those of accounts and contacts that changed since then can be found by themselves. Those of records in the trash
-- stay, for what refers to them. Only rows are kept, no texts and no places in them.
create virtual table account_text using fts5 (
    body, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
create virtual table contact_text using fts5 (
    body, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
create virtual table opportunity_text using fts5 (
    body, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
create virtual table note_text using fts5 (
    body, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
create virtual table activity_text using fts5 (
    body, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);

-- More parts of an index are left side by side: a search looks into some more of them, and a create waits less for merges.
insert into account_text (account_text, rank) values ('automerge', 16), ('crisismerge', 32);
insert into contact_text (contact_text, rank) values ('automerge', 16), ('crisismerge', 32);
insert into opportunity_text (opportunity_text, rank) values ('automerge', 16), ('crisismerge', 32);
insert into note_text (note_text, rank) values ('automerge', 16), ('crisismerge', 32);
insert into activity_text (activity_text, rank) values ('automerge', 16), ('crisismerge', 32);

-- One row for each changeset: the changes that one request made, numbered without gaps within the organisation.
create table changeset (
    rid integer primary key,
    org integer not null,
    last_sequence integer not null,
    first_sequence integer not null,
    id blob not null,
    request_id text not null,
    actor_kind text not null,
    actor_id blob,
    actor_name text,
    occurred_at integer not null,
    changes text not null,
    unique (org, last_sequence)
) strict;

-- The first answer to each Idempotency-Key, written with what it answers.
create table idempotency (
    rid integer primary key,
    org integer not null references organization (org),
    key text not null,
    fingerprint blob not null,
    status integer not null,
    body blob not null,
    created_at integer not null,
    unique (org, key)
) strict;
