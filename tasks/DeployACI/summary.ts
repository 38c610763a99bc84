import { approvalsText } from '../common/record/approvalsText';
import { codeBlock, escapeMarkdown, inlineCode, link, linksLine, markdownTable } from '../common/markdown';
import type { Place } from '../common/record/places';
import type { DeploymentSection } from '../common/record/record';
import type { RolledOut } from './rollOut';
import type { Secret } from '../common/secret';

interface Facts {
  readonly model?: { readonly name: string; readonly version: string };
  readonly https: boolean;
  readonly apiKey?: Secret;
  readonly subnet?: string;
  readonly places?: readonly Place[];
}

const sentences: Record<RolledOut['kind'], string> = {
  created: 'A new container group was created.',
  updated: 'The container group was updated in place.',
  recreated: 'The container group was deleted and created again.',
  restarted: 'The container group was as it should be but did not answer, and was restarted.',
  unchanged: 'The container group already ran exactly this and was left alone.',
  resumed: 'An earlier run had sent this deployment; this one waited for it.',
};

/** The section on the run's page. It holds no secret: the key stands as a variable in the example. */
export function summary(section: DeploymentSection, { kind, changes, ready }: RolledOut, facts: Facts): string {
  const {
    containerGroup,
    resourceGroup,
    location,
    image,
    scoringUri,
    fqdn,
    ipAddress,
    previousImage,
    verifiedAttestations,
    approvals,
  } = section;
  const rows = [
    ...(facts.model
      ? [['Model', `${escapeMarkdown(facts.model.name)} version ${escapeMarkdown(facts.model.version)}`]]
      : []),
    ['Image', inlineCode(image)],
    ...(verifiedAttestations ? [['Signed by', inlineCode(verifiedAttestations.signer)]] : []),
    [
      'Container group',
      `${escapeMarkdown(containerGroup)} in ${escapeMarkdown(resourceGroup)}, ${escapeMarkdown(location)}`,
    ],
    ['Address', inlineCode(fqdn ?? ipAddress ?? '')],
    ['Access', accessSentence(facts)],
    ...(approvals ? [['Approved by', escapeMarkdown(approvalsText(approvals))]] : []),
    ['Ran before', previousImage ? inlineCode(previousImage) : 'nothing'],
    ...(ready.seconds > 0 ? [['Ready after', `${Math.round(ready.seconds)} s`]] : []),
  ];
  const key = facts.apiKey ? ' \\\n  -H "Authorization: Bearer $API_KEY"' : '';
  return [
    `**Serving at ${link(inlineCode(scoringUri), scoringUri)}.** ${sentences[kind]}`,
    '',
    markdownTable([{ title: 'Deployment' }, { title: '' }], rows),
    ...(changes.length > 0
      ? [
          '',
          markdownTable(
            [{ title: 'Changed' }, { title: 'From' }, { title: 'To' }],
            changes.map(({ what, from, to }) => [escapeMarkdown(what), inlineCode(from), inlineCode(to)]),
          ),
        ]
      : []),
    '',
    codeBlock(`curl ${scoringUri}${key} \\\n  -H "Content-Type: application/json" -d @request.json`, 'sh'),
    '',
    ...(facts.places?.length ? [linksLine(facts.places), ''] : []),
  ].join('\n');
}

function accessSentence({ https, apiKey, subnet }: Facts): string {
  if (subnet) return 'private, in a subnet';
  if (https && apiKey) return 'encrypted, with a key';
  if (https) return '⚠️ encrypted, open to everyone';
  if (apiKey) return '⚠️ with a key, not encrypted';
  return '⚠️ open to everyone, not encrypted';
}
