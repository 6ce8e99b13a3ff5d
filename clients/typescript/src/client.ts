// A client of Lanekeeper with the types of its API document: paths, parameters, bodies and answers are checked when
// this is compiled, and there is nothing of the API in it that was written by hand.

import createClient from "openapi-fetch";

import type { paths } from "../build/generated/lanekeeper.js";

export function connect(baseUrl: string, apiKey: string) {
  return createClient<paths>({ baseUrl, headers: { "x-api-key": apiKey } });
}
