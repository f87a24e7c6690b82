import { createTransport } from 'nodemailer';
import type { AttemptOutcome } from '../domain/delivery.ts';
import type { Logger } from '../runtime/runtime.ts';

export type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for each attempt, so that mail readers show the mail once. */
  readonly messageId: string;
};

export type Mailer = {
  /** Never rejects. */
  send(mail: Mail): Promise<AttemptOutcome>;
  close(): void;
};

const CONNECT_MS = 5_000;
const SILENCE_MS = 10_000;
const MAX_TEXT = 300;

/**
 * Creates the mailer for the operator's mail server. Users see only the first digit of its replies, because the text may
 * name internals; failures are in the log.
 * @param settings.smtpUrl `smtp:` or `smtps:`, with user name and password if the server requires them
 */
export const createMailer = (
  { smtpUrl, from }: { readonly smtpUrl: string; readonly from: string },
  log: Logger,
): Mailer => {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      try {
        const { response } = await transport.sendMail({
          from,
          ...mail,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { kind: 'delivered', response: classOf(response) };
      } catch (error) {
        log.warn(
          { reason: firstLine(error instanceof Error ? error.message : String(error)) },
          'the mail server rejected an email',
        );
        return failureOf(error);
      }
    },
    close: () => transport.close(),
  };
};

const failureOf = (error: unknown): AttemptOutcome => {
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  if (typeof response !== 'string') return { ...FAILED, message: 'could not send an email' };
  const result = classOf(response);
  return { ...FAILED, message: `the mail server responded ${result}`, response: result };
};

const FAILED = { kind: 'failed', code: 'MAIL_FAILED' } as const;

/** `4xx`: retry later; `5xx`: rejected permanently. */
const classOf = (response: string): string => `${response.slice(0, 1)}xx`;

const firstLine = (text: string): string => (text.split(/\r?\n/, 1)[0] ?? '').slice(0, MAX_TEXT);
