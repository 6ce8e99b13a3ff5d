-- Declares how the tables of Lanekeeper are distributed on Citus: each by its organisation, so that whatever a request does
-- happens on one worker. To be run once by the owner of the tables, on the coordinator, after `lanekeeper init` and before
-- there is much data. docs/operating.md says what was tried of this, and what was not.

-- A key is looked up by its hash before anybody knows whose it is, so every worker has all keys. Citus allows no foreign key
-- from such a table to a distributed one.
alter table api_key drop constraint api_key_org_fkey;
select create_reference_table('api_key');
select create_reference_table('secret');
select create_reference_table('unfinished_copy');
select create_reference_table('lanekeeper_schema');

select create_distributed_table('organization', 'id');
select create_distributed_table('pipeline', 'org', colocate_with => 'organization');
select create_distributed_table('stage', 'org', colocate_with => 'organization');
select create_distributed_table('member', 'org', colocate_with => 'organization');
select create_distributed_table('field', 'org', colocate_with => 'organization');
select create_distributed_table('account', 'org', colocate_with => 'organization');
select create_distributed_table('account_text', 'org', colocate_with => 'organization');
select create_distributed_table('contact', 'org', colocate_with => 'organization');
select create_distributed_table('contact_text', 'org', colocate_with => 'organization');
select create_distributed_table('contact_address', 'org', colocate_with => 'organization');
select create_distributed_table('opportunity', 'org', colocate_with => 'organization');
select create_distributed_table('opportunity_text', 'org', colocate_with => 'organization');
select create_distributed_table('opportunity_contact', 'org', colocate_with => 'organization');
select create_distributed_table('custom_value', 'org', colocate_with => 'organization');
select create_distributed_table('note', 'org', colocate_with => 'organization');
select create_distributed_table('note_text', 'org', colocate_with => 'organization');
select create_distributed_table('note_link', 'org', colocate_with => 'organization');
select create_distributed_table('activity', 'org', colocate_with => 'organization');
select create_distributed_table('activity_text', 'org', colocate_with => 'organization');
select create_distributed_table('activity_link', 'org', colocate_with => 'organization');
select create_distributed_table('changeset', 'org', colocate_with => 'organization');
select create_distributed_table('idempotency', 'org', colocate_with => 'organization');
