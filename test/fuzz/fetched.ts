// Unpacking answers would cost more than what is in them.
const unpacked = { "accept-encoding": "identity" };

/** An answer of HTTP. A kept connection that the server closes just when it is taken up again fails: then it is asked once more, on another. */
export async function fetched(
  address: string,
  { headers = {}, ...more }: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const asked = { ...more, headers: { ...unpacked, ...headers } };
  try {
    return await fetch(address, asked);
  } catch (error) {
    if (!wasClosed(error)) {
      throw error;
    }
    return fetch(address, asked);
  }
}

function wasClosed(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: string } };
  return cause?.code === "UND_ERR_SOCKET" || cause?.code === "ECONNRESET" || cause?.code === "EPIPE";
}
