import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { PagerDutyEvent, SlackMessage, TeamsMessage } from './alert-service-validators.ts';

const SLACK_PATH = '/services/T0CARILLON/B0CARILLON/xSlackSecretToken';
const TEAMS_PATH = '/powerautomate/automations/direct/workflows/5ecre7/triggers/manual/paths/invoke';
const TEAMS_QUERY = '?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig=xTeamsSecretSignature';
const PAGERDUTY_PATH = '/v2/enqueue';

/** Slack, Teams and PagerDuty on this machine. */
export type AlertServices = {
  readonly slackUrl: string;
  readonly teamsUrl: string;
  readonly pagerDutyUrl: string;
  readonly routingKey: string;
  /** Accepted messages, oldest first. */
  readonly slack: readonly z.infer<typeof SlackMessage>[];
  readonly teams: readonly z.infer<typeof TeamsMessage>[];
  readonly pagerDuty: readonly PagerDutyEvent[];
  /** Why a message was rejected. */
  readonly rejected: readonly string[];
  close(): Promise<void>;
};

type Answer = { readonly status: number; readonly body: string };

/** Starts servers that respond like the services and reject what these reject. */
export const startAlertServices = async (): Promise<AlertServices> => {
  const routingKey = 'R0'.repeat(16);
  const slack: z.infer<typeof SlackMessage>[] = [];
  const teams: z.infer<typeof TeamsMessage>[] = [];
  const pagerDuty: PagerDutyEvent[] = [];
  const rejected: string[] = [];

  const take = <T>(schema: z.ZodType<T>, taken: T[], body: unknown): boolean => {
    const parsed = schema.safeParse(body);
    if (parsed.success) taken.push(parsed.data);
    else rejected.push(parsed.error.message);
    return parsed.success;
  };
  const answerTo = (path: string, body: unknown): Answer => {
    switch (path) {
      case SLACK_PATH:
        return take(SlackMessage, slack, body) ? { status: 200, body: 'ok' } : { status: 400, body: 'invalid_payload' };
      case `${TEAMS_PATH}${TEAMS_QUERY}`:
        return { status: take(TeamsMessage, teams, body) ? 202 : 400, body: '' };
      case PAGERDUTY_PATH: {
        const isTaken = take(
          PagerDutyEvent.refine(({ routing_key }) => routing_key === routingKey),
          pagerDuty,
          body,
        );
        return isTaken
          ? { status: 202, body: JSON.stringify({ status: 'success', message: 'Event processed' }) }
          : { status: 400, body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid' }) };
      }
      default:
        // Repeats the request, as a server may.
        return { status: 404, body: `no_service ${path}` };
    }
  };

  const server = createServer(async (request, response) => {
    const text = await new Response(request).text();
    const { status, body } = answerTo(request.url ?? '', JSON.parse(text));
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    slackUrl: `${origin}${SLACK_PATH}`,
    teamsUrl: `${origin}${TEAMS_PATH}${TEAMS_QUERY}`,
    pagerDutyUrl: `${origin}${PAGERDUTY_PATH}`,
    ...{ routingKey, slack, teams, pagerDuty, rejected },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
