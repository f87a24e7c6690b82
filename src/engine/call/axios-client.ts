import { Axios, type AxiosAdapter } from 'axios';
import { type SendHopInput, sendHop, type TargetAnswer } from './send-hop.ts';

type Sent = { readonly answer: TargetAnswer } | { readonly error: unknown };

/**
 * Makes an axios adapter for one request. Headers, body and errors bypass axios: its `AxiosHeaders` has methods that a
 * header named `get` or `set` would hide, and it takes as long as the rest of the call; and it writes the stack of each
 * error anew.
 */
const adapterFor =
  (input: SendHopInput): AxiosAdapter =>
  async (config) => {
    const data: Sent = await sendHop(input).then(
      (answer) => ({ answer }),
      (error) => ({ error }),
    );
    return { data, status: 'answer' in data ? data.answer.status : 0, statusText: '', headers: {}, config };
  };

/**
 * Makes an axios client over undici, without any of axios's defaults: this folder handles redirects, timeouts, proxies
 * and decoding.
 */
export const axiosClient = (): ((input: SendHopInput) => Promise<TargetAnswer>) => {
  const axios = new Axios();
  return async (input) => {
    const { url, method } = input.hop;
    const { data } = await axios.request<Sent>({ url: url.href, method, adapter: adapterFor(input) });
    if ('error' in data) throw data.error;
    return data.answer;
  };
};
