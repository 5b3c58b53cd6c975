/**
 * `_headers` of the static assets. Pages load nothing from elsewhere, run no script and no style that is written into
 * them, and are framed by nobody. Any page may read the contract, and
 * import the chat to mount it.
 */
export const webHeaders = `/*
  Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer

/openapi.json
  Access-Control-Allow-Origin: *

/asyncapi.json
  Access-Control-Allow-Origin: *

/chat.js
  Access-Control-Allow-Origin: *

/shared.js
  Access-Control-Allow-Origin: *
`;
