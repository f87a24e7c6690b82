import { createTransport } from 'nodemailer';
import type { AttemptOutcome } from '../domain/alerts/notification.ts';

export type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for each attempt at the same mail, so that readers show it once. */
  readonly messageId: string;
};

/** Hands mails to a server. */
export type Mailer = {
  /** Never rejects. */
  send(mail: Mail): Promise<AttemptOutcome>;
  close(): void;
};

type MailerOptions = {
  /** `smtp:` or `smtps:`, with user name and password if the server asks for these. */
  readonly smtpUrl: string;
  readonly from: string;
};

const CONNECT_MS = 5_000;
const SILENCE_MS = 10_000;
const LONGEST_TEXT = 300;

export const createMailer = ({ smtpUrl, from }: MailerOptions): Mailer => {
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
        return { kind: 'delivered', answer: firstLine(response) };
      } catch (error) {
        return failureOf(error);
      }
    },
    close: () => transport.close(),
  };
};

const failureOf = (error: unknown): AttemptOutcome => {
  const message = error instanceof Error ? firstLine(error.message) : 'the mail could not be sent';
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  const answer = typeof response === 'string' ? { answer: firstLine(response) } : {};
  return { kind: 'failed', code: 'MAIL_FAILED', message, ...answer };
};

const firstLine = (text: string): string => (text.split(/\r?\n/, 1)[0] ?? '').slice(0, LONGEST_TEXT);
