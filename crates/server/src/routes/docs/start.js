// The page's policy forbids `eval`; zod, inside Scalar, would try it once to find that out.
globalThis.__zod_globalConfig = { jitless: true };

// Deferred scripts have run by then, Scalar's among them.
addEventListener("DOMContentLoaded", () => {
  Scalar.createApiReference("#api", {
    url: "openapi.json",
    authentication: { preferredSecurityScheme: "ApiKeyAuth" },
    defaultOpenAllTags: true,
    orderSchemaPropertiesBy: "preserve",
    documentDownloadType: "direct",
    // A key that was typed in is gone when the page is closed.
    persistAuth: false,
    // Everything that would leave this server.
    withDefaultFonts: false,
    telemetry: false,
    hideClientButton: true,
    showDeveloperTools: "never",
    agent: { disabled: true },
    mcp: { disabled: true },
  });
});
