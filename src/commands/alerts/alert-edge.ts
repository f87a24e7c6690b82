import type { Tenant } from '../../domain/values.ts';

/** What commands ask of the world outside about alert rules; built in compose. */
export type AlertEdge = {
  /** Judges the address of a webhook as the target of a job. @returns the warnings @throws Refusal at this pointer */
  checkWebhook(url: string, at: { readonly tenant: Tenant; readonly pointer: string }): Promise<readonly string[]>;
  /** Why no mail may go to this address; undefined if it may. */
  mailRefusal(address: string): string | undefined;
};
