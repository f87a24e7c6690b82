export {
  checkTarget,
  isPublicAddress,
  judgeAddress,
  judgeAddresses,
  judgeUrl,
  type Resolve,
  type ResolveFor,
} from './judge-url.ts';

export { parsePortRanges, parseTargetEntries, parseTargetPolicy, type TargetPolicy } from './policy.ts';
export {
  boundOrigin,
  CALL_HEADER,
  isHostHeader,
  isUnsentHeader,
  namesOfTarget,
  originNotAllowedMessage,
  parseTargetName,
  rejectedOrigin,
  staticOrigin,
  type TargetAddress,
  TargetName,
  TargetRejected,
  targetNames,
  targetUrl,
} from './target-url.ts';
