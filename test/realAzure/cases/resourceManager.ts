import { outcome, told, type Case } from './case';

export const resourceManagerCases: Case[] = [
  {
    name: 'arm-roles-assigned-to',
    assumed: "Role assignments of a registry are listed by $filter=assignedTo('…'), with those of the levels above.",
    from: 'never recorded; Deploy-ACI finds the identity that may pull by it',
    needs: ['pullIdentity'],
    minutes: 1,
    use: {},
    async try({ arm, resources }) {
      const { json } = await arm.must('GET', resources.pullIdentity);
      const principal = json.properties.principalId as string;
      const list = `${resources.registry}/providers/Microsoft.Authorization/roleAssignments`;
      const answer = await arm.ask('GET', `${list}?$filter=${encodeURIComponent(`assignedTo('${principal}')`)}`);
      const count = answer.json?.value?.length as number | undefined;
      return outcome(count === 1, answer.status === 200 ? `${count} assignments` : told(answer));
    },
  },
  {
    name: 'arm-unknown-type',
    assumed: 'A type of resource that does not exist is told apart from a resource that does not.',
    from: 'clients take a 404 for a reason to create what is missing',
    needs: [],
    minutes: 1,
    use: {},
    async try({ arm, resources }) {
      const answer = await arm.ask('GET', `${resources.group}/providers/Microsoft.ContainerInstance/nonesuch/x`);
      return outcome(answer.json?.error?.code === 'InvalidResourceType', told(answer));
    },
  },
];
