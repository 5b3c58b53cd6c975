import { isChat } from "../protocol/chats.ts";
import { fixedLimits } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { Page } from "../protocol/rest.ts";
import { HttpError } from "./problem.ts";

/** Pages of history that one answer may take: more than these only where much of them cannot be shown. */
const maxPages = 4;

/** Messages, newest first, and the number below which the next ones are; missing where there are none. */
interface Chats {
  readonly messages: readonly Message[];
  readonly next?: number;
}

type ReadPage = (query: { readonly before?: number | undefined; readonly limit: number }) => Promise<Page>;

/**
 * The newest messages below `before` that the replaced app's clients can show, at most `limit`, from as many pages of
 * history as that takes. `next` tells where to go on, also behind a stretch in which nothing was to be shown. Where an
 * older page cannot be read now, those that could be are answered. Throws a RequestRefused.
 */
export async function chatsBelow(read: ReadPage, before: number | undefined, limit: number): Promise<Chats> {
  const most = Math.min(limit, fixedLimits.maxPageMessages);
  const first = await read({ before, limit: most });
  const messages = shown(first);
  let next = below(first);
  for (let pages = 1; pages < maxPages && messages.length < limit && next !== undefined; pages += 1) {
    const page = await pageIfReadable(read, { before: next, limit: most });
    if (page === undefined) {
      break;
    }
    messages.push(...shown(page));
    next = below(page);
  }
  const [last] = messages.slice(limit - 1);
  if (messages.length > limit && last !== undefined) {
    return { messages: messages.slice(0, limit), next: last.seq };
  }
  return next === undefined ? { messages } : { messages, next };
}

function shown({ messages }: Page): Message[] {
  return messages.filter(isChat).toReversed();
}

function below({ messages, hasMore }: Page): number | undefined {
  return hasMore ? messages[0]?.seq : undefined;
}

async function pageIfReadable(
  read: ReadPage,
  query: { readonly before: number; readonly limit: number },
): Promise<Page | undefined> {
  try {
    return await read(query);
  } catch (error) {
    if (error instanceof HttpError) {
      return undefined;
    }
    throw error;
  }
}
