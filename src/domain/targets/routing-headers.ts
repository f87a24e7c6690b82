/**
 * Headers by which gateways and proxies decide where a request goes and who sent it, and by which targets know Carillon. A
 * task that could set them could get past `INTERNAL_HOSTS` and the check of certificates, or report as another execution.
 * So `Host` is always that of the URL, and of a task the others are not sent.
 */
export const isHostHeader = (name: string): boolean => name.toLowerCase() === 'host';
export const isUnsentHeader = (name: string): boolean =>
  /^(?:(?:x-)?forwarded(?:-|$)|carillon-|webhook-(?:id|timestamp|signature)$|proxy-)/i.test(name);

/** Every request of a call has this header, so that Carillon knows its own calls. */
export const CALL_HEADER = 'Carillon-Call';
