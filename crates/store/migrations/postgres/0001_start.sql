-- Every table of an organisation's data begins with `org`, the id of the organisation: it is first in every primary key,
-- unique key and index, and part of every foreign key, so that no row can refer to another organisation's, and so that
-- every table can be distributed by it. What is in the trash has a `deleted_at`; what was merged, besides, who answers
-- for it as `merged_into`. Ids are UUIDv7, so their order is that of creation, times are microseconds since 1970 UTC, and
-- texts compare by their bytes. The columns of account, contact, opportunity, note and activity are the system fields of
-- lanekeeper-core, under the same names. `folded` has, by the name of its field, each text as it compares where that is
-- not how it was written: custom fields as `custom__` and slug, and of a contact its name, as `contact_name`. `sort_name` is
-- that of an account or a contact as far as it is sorted by.
--
-- Foreign keys are checked at the commit: what one request makes together may be written in any order. Of what every request
-- writes, `org` has none: nothing deletes an organisation, rows are written under its lock, and the policies below let no other
-- be written.

create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create table organization (
    id uuid primary key,
    name text not null,
    unknown_attributes text not null check (unknown_attributes in ('create', 'strict')),
    last_sequence bigint not null default 0,
    last_write_at bigint not null default 0,
    idempotency_keys bigint not null default 0,
    created_at bigint not null
);

-- What this database knows and nobody else: the key that signs cursors.
create table secret (
    name text primary key,
    value bytea not null
);
insert into secret (name, value)
values ('cursor', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- The copy into this database that is not finished: what is copied, and the place in it that was reached. As long as there
-- is one, nothing else may use the database.
create table unfinished_copy (
    id integer primary key default 1 check (id = 1),
    source_name text not null,
    place text not null
);

create table pipeline (
    org uuid not null references organization (id) deferrable initially deferred,
    id uuid not null,
    name text not null,
    is_default boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id)
);

create table stage (
    org uuid not null,
    id uuid not null,
    pipeline_id uuid not null,
    label text not null collate "C",
    folded_label text not null collate "C",
    stage_order bigint not null,
    color text,
    is_active boolean not null,
    is_default boolean not null,
    probability double precision,
    stage_type text not null,
    primary key (org, id),
    unique (org, pipeline_id, id),
    foreign key (org, pipeline_id) references pipeline (org, id) deferrable initially deferred
);
create index stage_of_pipeline on stage (org, pipeline_id, stage_order);

create table member (
    org uuid not null references organization (id) deferrable initially deferred,
    id uuid not null,
    email text not null collate "C",
    name text not null,
    role text not null,
    is_active boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id),
    unique (org, email) deferrable initially deferred
);

-- A key's hash finds its organisation: the one look-up that cannot begin with `org`.
create table api_key (
    org uuid not null references organization (id) deferrable initially deferred,
    id uuid not null,
    name text not null,
    scope text not null,
    routes text not null,
    hash bytea not null,
    hint text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint,
    primary key (org, id)
);
create unique index api_key_by_hash on api_key (hash);
create index api_key_live on api_key (org, id) where revoked_at is null;

create table field (
    org uuid not null references organization (id) deferrable initially deferred,
    id uuid not null,
    object text not null,
    pipeline_id uuid,
    slug text not null collate "C",
    name text not null,
    attribute_type text not null,
    metadata text,
    field_order bigint not null,
    is_hidden boolean not null,
    is_system boolean not null,
    created_at bigint not null,
    primary key (org, id),
    foreign key (org, pipeline_id) references pipeline (org, id) deferrable initially deferred
);
create unique index field_by_slug
    on field (org, object, coalesce(pipeline_id, '00000000-0000-0000-0000-000000000000'), slug);

create table account (
    org uuid not null,
    id uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    merged_into uuid,
    custom jsonb,
    folded jsonb,
    sort_name text collate "C",
    name text collate "C",
    domain text not null collate "C",
    industry text collate "C",
    logo text collate "C",
    linkedin text collate "C",
    twitter text collate "C",
    description text collate "C",
    primary_location text collate "C",
    employee_range text collate "C",
    type text collate "C",
    twitter_followers double precision,
    estimated_revenue double precision,
    total_fund_raised double precision,
    founded double precision,
    tags jsonb,
    first_email_interaction bigint,
    last_email_interaction bigint,
    first_meeting_interaction bigint,
    last_meeting_interaction bigint,
    last_interaction bigint,
    next_meeting bigint,
    primary key (org, id),
    foreign key (org, merged_into) references account (org, id) deferrable initially deferred
);
create unique index account_by_domain on account (org, domain) where deleted_at is null;
-- What is in the trash is found by what refers to it.
create index account_in_trash on account (org, domain) where deleted_at is not null;
create index account_merged on account (org, domain, id) where merged_into is not null;
create index account_by_update on account (org, updated_at, id) where deleted_at is null;
create index account_by_creation on account (org, created_at, id) where deleted_at is null;
create index account_by_name on account (org, sort_name, id) where deleted_at is null;

create table contact (
    org uuid not null,
    id uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    merged_into uuid,
    custom jsonb,
    folded jsonb,
    sort_name text collate "C",
    email text not null collate "C",
    first_name text collate "C",
    last_name text collate "C",
    full_name text collate "C",
    job_title text collate "C",
    phone text collate "C",
    seniority text collate "C",
    linkedin text collate "C",
    twitter text collate "C",
    current_company text collate "C",
    type text collate "C",
    avatar_url text collate "C",
    twitter_followers double precision,
    email_verified boolean,
    other_emails jsonb,
    first_email_interaction bigint,
    last_email_interaction bigint,
    first_meeting_interaction bigint,
    last_meeting_interaction bigint,
    last_interaction bigint,
    next_meeting bigint,
    account_id uuid,
    primary key (org, id),
    foreign key (org, account_id) references account (org, id) deferrable initially deferred,
    foreign key (org, merged_into) references contact (org, id) deferrable initially deferred
);
create unique index contact_by_email on contact (org, email) where deleted_at is null;
create index contact_in_trash on contact (org, email) where deleted_at is not null;
create index contact_by_update on contact (org, updated_at, id) where deleted_at is null;
create index contact_by_creation on contact (org, created_at, id) where deleted_at is null;
create index contact_by_account on contact (org, account_id, updated_at, id);
create index contact_by_name on contact (org, sort_name, id) where deleted_at is null;

-- The other addresses of a contact that is not in the trash: what is written to one of them finds the contact too.
create table contact_address (
    org uuid not null,
    email text not null collate "C",
    contact_id uuid not null,
    primary key (org, email),
    foreign key (org, contact_id) references contact (org, id) deferrable initially deferred
);
create index address_of_contact on contact_address (org, contact_id);

create table opportunity (
    org uuid not null,
    id uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    merged_into uuid,
    custom jsonb,
    folded jsonb,
    name text collate "C",
    pipeline_id uuid not null,
    stage_id uuid not null,
    deal_size double precision,
    close_date bigint,
    next_action_date bigint,
    next_steps text collate "C",
    account_id uuid,
    contact_id uuid,
    owner_id uuid,
    primary key (org, id),
    foreign key (org, pipeline_id, stage_id) references stage (org, pipeline_id, id) deferrable initially deferred,
    foreign key (org, account_id) references account (org, id) deferrable initially deferred,
    foreign key (org, contact_id) references contact (org, id) deferrable initially deferred,
    foreign key (org, owner_id) references member (org, id) deferrable initially deferred
);
create index opportunity_by_update on opportunity (org, pipeline_id, updated_at, id) where deleted_at is null;
create index opportunity_by_creation on opportunity (org, pipeline_id, created_at, id) where deleted_at is null;
create index opportunity_by_stage on opportunity (org, pipeline_id, stage_id, updated_at, id) where deleted_at is null;
-- What is in a stage, in the trash or not, and how much that is worth, without a look at the rows.
create index opportunity_of_stage on opportunity (org, pipeline_id, stage_id, deleted_at) include (deal_size);
create index opportunity_by_owner on opportunity (org, pipeline_id, owner_id, updated_at, id) where deleted_at is null;
create index opportunity_by_deal_size on opportunity (org, pipeline_id, deal_size, id) where deleted_at is null;
create index opportunity_by_close_date on opportunity (org, pipeline_id, close_date, id) where deleted_at is null;
create index opportunity_by_next_action on opportunity (org, pipeline_id, next_action_date, id) where deleted_at is null;
create index opportunity_by_account on opportunity (org, account_id, updated_at, id);
create index opportunity_by_contact on opportunity (org, contact_id, updated_at, id);

-- The additional contacts of an opportunity, in their order.
create table opportunity_contact (
    org uuid not null,
    opportunity_id uuid not null,
    contact_id uuid not null,
    place bigint not null,
    primary key (org, opportunity_id, contact_id),
    foreign key (org, opportunity_id) references opportunity (org, id) deferrable initially deferred,
    foreign key (org, contact_id) references contact (org, id) deferrable initially deferred
);
create index opportunities_of_contact on opportunity_contact (org, contact_id, opportunity_id);

-- The values of custom fields as they compare, of records that are not in the trash, as bytes in the same order; texts as
-- far as they are sorted by. A row for each value, or for each entry of a list. The second index has the records of one
-- value in the order in which they were updated.
create table custom_value (
    org uuid not null,
    field uuid not null,
    value bytea not null,
    record uuid not null,
    updated_at bigint not null,
    primary key (org, field, value, record)
);
create index custom_value_by_update on custom_value (org, field, value, updated_at, record);

create table note (
    org uuid not null,
    id uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    merged_into uuid,
    custom jsonb,
    folded jsonb,
    title text collate "C",
    content text not null collate "C",
    account_ids jsonb,
    contact_ids jsonb,
    opportunity_ids jsonb,
    primary key (org, id)
);
create index note_by_update on note (org, updated_at, id) where deleted_at is null;
create index note_by_creation on note (org, created_at, id) where deleted_at is null;

create table activity (
    org uuid not null,
    id uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    merged_into uuid,
    custom jsonb,
    folded jsonb,
    activity_type text not null collate "C",
    title text not null collate "C",
    description text collate "C",
    participants jsonb,
    domains jsonb,
    metadata text,
    account_ids jsonb,
    contact_ids jsonb,
    opportunity_ids jsonb,
    primary key (org, id)
);
create index activity_by_update on activity (org, updated_at, id) where deleted_at is null;
create index activity_by_creation on activity (org, created_at, id) where deleted_at is null;

-- Timelines: the notes and the activities of an account, a contact or an opportunity (its id is the `value`), by the
-- time they are of, also those in the trash. The lists of ids in the records say the same; these are their index.
create table note_link (
    org uuid not null,
    value uuid not null,
    is_live boolean not null,
    created_at bigint not null,
    record uuid not null,
    primary key (org, value, is_live, created_at, record)
);
create table activity_link (
    org uuid not null,
    value uuid not null,
    is_live boolean not null,
    created_at bigint not null,
    record uuid not null,
    primary key (org, value, is_live, created_at, record)
);

-- The texts of records that words are looked for in, folded; of contacts also the digits of the telephone number. Those of
-- records in the trash stay, for what refers to them. What is found here is read from tables where row-level security is for
-- reading too.
create table account_text (
    org uuid not null,
    record uuid not null,
    body text not null collate "C",
    primary key (org, record)
);
create index account_text_by_word on account_text using gin (org, body gin_trgm_ops);
create table contact_text (
    org uuid not null,
    record uuid not null,
    body text not null collate "C",
    digits text not null collate "C",
    primary key (org, record)
);
create index contact_text_by_word on contact_text using gin (org, body gin_trgm_ops, digits gin_trgm_ops);
create table opportunity_text (
    org uuid not null,
    record uuid not null,
    body text not null collate "C",
    primary key (org, record)
);
create index opportunity_text_by_word on opportunity_text using gin (org, body gin_trgm_ops);
create table note_text (
    org uuid not null,
    record uuid not null,
    body text not null collate "C",
    primary key (org, record)
);
create index note_text_by_word on note_text using gin (org, body gin_trgm_ops);
create table activity_text (
    org uuid not null,
    record uuid not null,
    body text not null collate "C",
    primary key (org, record)
);
create index activity_text_by_word on activity_text using gin (org, body gin_trgm_ops);

-- One row for each changeset: the changes that one request made, numbered without gaps within the organisation.
create table changeset (
    org uuid not null,
    last_sequence bigint not null,
    first_sequence bigint not null,
    id uuid not null,
    request_id text not null,
    actor_kind text not null,
    actor_id uuid,
    actor_name text,
    occurred_at bigint not null,
    changes text not null,
    primary key (org, last_sequence)
);

-- The first answer to each Idempotency-Key, written with what it answers.
create table idempotency (
    org uuid not null references organization (id) deferrable initially deferred,
    key text not null collate "C",
    fingerprint bytea not null,
    status integer not null,
    body bytea not null,
    created_at bigint not null,
    primary key (org, key)
);
create index idempotency_by_age on idempotency (org, created_at);

-- The second lock, behind the `org` in every statement: a connection sees and writes only the rows of the organisation that
-- it has named, and of keys besides the one whose hash it asks for. It binds the owner of the tables too; only a superuser
-- is above it.
create function lanekeeper_org() returns uuid stable parallel safe
    language sql return nullif(current_setting('lanekeeper.org', true), '')::uuid;
do $$
declare name text;
begin
    foreach name in array array[
        'pipeline', 'stage', 'member', 'api_key', 'field', 'account', 'contact', 'contact_address', 'opportunity',
        'opportunity_contact', 'custom_value', 'note', 'activity', 'note_link', 'activity_link', 'changeset', 'idempotency'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy of_organization on %I using (org = (select lanekeeper_org()))', name);
    end loop;
end $$;
-- A policy for reading would keep the index of texts from being used.
do $$
declare name text;
begin
    foreach name in array array['account_text', 'contact_text', 'opportunity_text', 'note_text', 'activity_text'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy to_read on %I for select using (true)', name);
        execute format('create policy to_insert on %I for insert with check (org = (select lanekeeper_org()))', name);
        execute format('create policy to_update on %I for update using (org = (select lanekeeper_org()))', name);
        execute format('create policy to_delete on %I for delete using (org = (select lanekeeper_org()))', name);
    end loop;
end $$;
create policy of_hash on api_key for select
    using (encode(hash, 'hex') = (select current_setting('lanekeeper.key_hash', true)));
alter table organization enable row level security;
alter table organization force row level security;
create policy of_organization on organization
    using (id = (select lanekeeper_org()) or (select current_setting('lanekeeper.operator', true)) = 'on');
