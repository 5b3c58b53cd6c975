/**
 * `_headers` of the static assets. Pages load nothing from elsewhere, run no script and no style that is written into
 * them, and are framed by nobody. Machines may read the contract from any page.
 */
export const webHeaders = `/*
  Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer

/openapi.json
  Access-Control-Allow-Origin: *

/asyncapi.json
  Access-Control-Allow-Origin: *
`;
