import { Axios, type AxiosAdapter } from 'axios';
import { type Answer, type Sending, sendHop } from './send-hop.ts';

/**
 * An adapter for one request. What axios would do to it is left out: its bag of headers has methods that a header's
 * name may hide (`get`, `set`), and costs as much again as the rest. So headers and body go past it.
 */
const adapterFor =
  (sending: Sending): AxiosAdapter =>
  async (config) => {
    const answer: Answer = await sendHop(sending);
    return { data: answer, status: answer.status, statusText: '', headers: {}, config };
  };

/** axios over undici. Redirects, deadlines, proxies and decoding are the call's own, so all of axios's are off. */
export const axiosClient = (): ((sending: Sending) => Promise<Answer>) => {
  const axios = new Axios({
    maxRedirects: 0,
    proxy: false,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });
  return async (sending) => {
    const { url, method } = sending.hop;
    const { data } = await axios.request<Answer>({ url: url.href, method, adapter: adapterFor(sending) });
    return data;
  };
};
