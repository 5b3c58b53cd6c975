import { html } from "hono/html";
export async function docsPage(_o: unknown, _a: unknown) { return html`<!doctype html><title>docs</title>`; }
