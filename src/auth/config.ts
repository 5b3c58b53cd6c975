/** How tokens are checked, from the variables of wrangler.toml. */
export interface AuthConfig {
  readonly secret?: string;
  readonly jwksUrl?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly userClaim: string;
  readonly nameClaim: string;
  readonly pictureClaim: string;
}

interface AuthVariables {
  readonly JWT_SECRET?: string;
  readonly JWT_JWKS_URL?: string;
  readonly JWT_ISSUER?: string;
  readonly JWT_AUDIENCE?: string;
  readonly JWT_USER_CLAIM?: string;
  readonly JWT_NAME_CLAIM?: string;
  readonly JWT_PICTURE_CLAIM?: string;
}

/** Empty variables count as unset, so that wrangler.toml can list them. */
export function readAuthConfig(variables: AuthVariables): AuthConfig {
  const { JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, JWT_USER_CLAIM } = variables;
  return {
    ...(JWT_SECRET && { secret: JWT_SECRET }),
    ...(JWT_JWKS_URL && { jwksUrl: JWT_JWKS_URL }),
    ...(JWT_ISSUER && { issuer: JWT_ISSUER }),
    ...(JWT_AUDIENCE && { audience: JWT_AUDIENCE }),
    userClaim: JWT_USER_CLAIM || "sub",
    nameClaim: variables.JWT_NAME_CLAIM || "name",
    pictureClaim: variables.JWT_PICTURE_CLAIM || "picture",
  };
}

/** Without a key nobody can be verified, so the Worker refuses to serve. */
export function hasKeys(config: AuthConfig): boolean {
  return config.secret !== undefined || config.jwksUrl !== undefined;
}
