const loopbackHost = /^(?:localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const loopbackOrigin = /^https?:\/\/(.+)$/i;

/** Whether a `Host` names this machine, with any port. A name that DNS may point to 127.0.0.1 does not. */
export function isLoopbackHost(host: string): boolean {
  return loopbackHost.test(host);
}

/** Whether a page of this origin was served by this machine. */
export function isLoopbackOrigin(origin: string | null): origin is string {
  const host = loopbackOrigin.exec(origin ?? "")?.[1];
  return host !== undefined && isLoopbackHost(host) && URL.canParse(origin ?? "");
}

/** The variables with the request's origin added to `ALLOWED_ORIGINS`, if that origin is loopback. */
export function allowLoopbackOrigin<Variables extends { readonly ALLOWED_ORIGINS?: string }>(
  variables: Variables,
  request: Request,
): Variables {
  const origin = request.headers.get("origin");
  return isLoopbackOrigin(origin)
    ? { ...variables, ALLOWED_ORIGINS: `${variables.ALLOWED_ORIGINS ?? ""},${origin}` }
    : variables;
}
