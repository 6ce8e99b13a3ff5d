// Against a running server, which `cargo xtask client` starts: LANEKEEPER_URL, LANEKEEPER_KEY, LANEKEEPER_PIPELINE_ID.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { components } from "../build/generated/lanekeeper.js";
import { connect } from "../src/client.js";

type Search = components["schemas"]["OpportunitySearchInput"];

const lanekeeper = connect(given("LANEKEEPER_URL"), given("LANEKEEPER_KEY"));
const pipelineId = given("LANEKEEPER_PIPELINE_ID");

test("an account is created, and found when it is created again", async () => {
  const body = { domain: "https://www.Acme.com/pricing", industry: "Software", tags: ["prospect"] };

  const created = await lanekeeper.POST("/v1/accounts", { body });
  const again = await lanekeeper.POST("/v1/accounts", { body });

  assert.equal(created.response.status, 201);
  assert.equal(again.response.status, 200);
  assert.equal(created.data?.data.domain, "acme.com");
  assert.equal(again.data?.data.id, created.data?.data.id);
  assert.equal(again.data?.data.resolved.outcome, "matched");
});

test("a contact is created with custom attributes", async () => {
  const { data, response } = await lanekeeper.POST("/v1/contacts", {
    body: { email: "jane@acme.com", full_name: "Jane Doe", newsletter: true },
  });

  assert.equal(response.status, 201);
  assert.equal(data?.data.name, "Jane Doe");
  assert.deepEqual(data?.data.custom_fields, { newsletter: true });
});

test("opportunities are created and searched page by page", async () => {
  for (const size of [1000, 2000, 3000, 4000]) {
    const { data, response } = await lanekeeper.POST("/v1/opportunities", {
      params: { header: { "Idempotency-Key": `deal-${size}` } },
      body: {
        pipeline_id: pipelineId,
        opportunity: { name: `Deal of ${size}`, deal_size: size, stage_name: "Qualified" },
        related_objects: { account_domain: "acme.com", primary_contact_email: "jane@acme.com" },
      },
    });
    assert.equal(response.status, 201);
    assert.equal(data?.data.account_domain, "acme.com");
  }

  const search: Search = {
    pipeline_id: pipelineId,
    filters: [
      { field: "deal_size", operator: "gte", value: 2000 },
      { field: "account_domain", operator: "eq", value: "acme.com" },
    ],
    sort: "deal_size:desc",
    limit: 2,
  };
  const first = await lanekeeper.POST("/v1/opportunities/search", { body: search });
  const cursor = first.data?.data.next_cursor;
  assert.ok(cursor, JSON.stringify(first.error));
  const second = await lanekeeper.POST("/v1/opportunities/search", { body: { ...search, cursor } });

  const sizes = [first, second].map(({ data }) => data?.data.opportunities.map((found) => found.deal_size));
  assert.deepEqual(sizes, [[4000, 3000], [2000]]);
  assert.equal(second.data?.data.has_more, false);
});

test("opportunities are updated by their ids", async () => {
  const found = await lanekeeper.GET("/v1/opportunities", {
    params: { query: { pipeline_id: pipelineId, q: "Deal of", limit: 2 } },
  });
  const ids = found.data?.data.opportunities.map((opportunity) => opportunity.id) ?? [];
  const body = Object.fromEntries(ids.map((id) => [id, { deal_size: 5000, next_steps: "Call." }]));

  const { data, error } = await lanekeeper.PATCH("/v1/opportunities/bulk", { body });

  assert.ok(data, JSON.stringify(error));
  const updated = data.data;
  assert.ok(!Array.isArray(updated), "an array is what `partial` answers");
  assert.equal(ids.length, 2);
  for (const id of ids) {
    assert.equal(updated[id]?.deal_size, 5000);
    assert.equal(updated[id]?.next_steps, "Call.");
  }
});

test("what is wrong with a body is told by its path", async () => {
  const { data, error } = await lanekeeper.POST("/v1/accounts", { body: { domain: "not a domain" } });

  assert.equal(data, undefined);
  assert.ok(error && "errors" in error && error.errors);
  assert.deepEqual(Object.keys(error.errors), ["domain"]);
});

function given(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run \`cargo xtask client\``);
  return value;
}
