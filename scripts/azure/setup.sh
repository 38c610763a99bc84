#!/usr/bin/env bash
# Creates what the tasks need in a subscription, with the minimum roles, and nothing else:
#
#   an identity for the service connection, which trusts Azure DevOps by a federated credential (no secret);
#   an identity with which the container group pulls its image;
#   the roles of both, each on a single resource (reading prices: on the subscription).
#
# It first prints what it will do, then asks for confirmation. It can be run again: what already exists stays as it is.
# You need the Azure CLI (Azure Cloud Shell has it) and permission to create identities and assign roles.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/azure/setup.sh --workspace NAME --workspace-group GROUP [options]

  --workspace NAME          the Azure Machine Learning workspace
  --workspace-group GROUP   its resource group
  --group GROUP             the resource group of the container group and the identities (default: the workspace's)
  --registry ID             ARM id of the container registry (default: the workspace's own)
  --issuer URL              as shown in the draft of the service connection in Azure DevOps; without these two, the
  --subject TEXT            federated credential is left out until you run the script again with them
  --identity NAME           the service connection's identity (default: mlops-connection)
  --pull-identity NAME      the identity that pulls the image (default: mlops-pull)
  --keyless-storage         if the workspace's datastores have no key: adds a role on its storage account
  --signing-key URL         the key in a vault that signs (signWith: keyVault), such as https://my-vault.vault.azure.net/keys/my-key:
                            adds a role on this key only; if the vault grants by access policies, which cannot be limited
                            to one key, an access policy to get and sign with all keys of this vault
  --prices                  lets Train read the price list, to estimate costs and for maxCost: adds a custom role on the
                            subscription, which can only read prices
  --dry-run                 prints what it would do, but does nothing
  --yes                     does not ask for confirmation
TEXT
}

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

workspace='' workspace_group='' group='' registry='' issuer='' subject=''
identity='mlops-connection' pull_identity='mlops-pull' keyless_storage='' dry_run='' yes='' signing_key='' prices=''
while [ $# -gt 0 ]; do
  case "$1" in
    --workspace | --workspace-group | --group | --registry | --issuer | --subject | --identity | --pull-identity | --signing-key)
      [ $# -ge 2 ] || fail "$1 needs a value."
      name=${1#--}
      printf -v "${name//-/_}" '%s' "$2"
      shift 2
      ;;
    --keyless-storage | --prices | --dry-run | --yes)
      name=${1#--}
      printf -v "${name//-/_}" '%s' yes
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail "unknown option $1; --help lists the options." ;;
  esac
done
if [ -z "$workspace" ] || [ -z "$workspace_group" ]; then
  usage >&2
  fail 'give the workspace and its resource group.'
fi
if { [ -n "$issuer" ] && [ -z "$subject" ]; } || { [ -z "$issuer" ] && [ -n "$subject" ]; }; then
  fail 'give --issuer and --subject together: the draft of the service connection shows both.'
fi
key_id='^https://([A-Za-z0-9-]+)\.vault\.[^/]+/keys/([A-Za-z0-9-]+)(/[0-9a-fA-F]*)?$'
if [ -n "$signing_key" ] && ! [[ $signing_key =~ $key_id ]]; then
  fail "--signing-key $signing_key is not the identifier of a key, such as https://my-vault.vault.azure.net/keys/my-key."
fi
vault=${BASH_REMATCH[1]:-} key=${BASH_REMATCH[2]:-}
group=${group:-$workspace_group}
command -v az > /dev/null || fail 'the Azure CLI (az) was not found. Azure Cloud Shell has it.'

account=$(az account show --query '[id,tenantId]' --output tsv) || fail 'sign in first: az login.'
{ read -r subscription && read -r tenant; } <<< "$account"
found=$(az resource show --resource-group "$workspace_group" --name "$workspace" \
  --resource-type Microsoft.MachineLearningServices/workspaces \
  --query '[id,properties.storageAccount,properties.containerRegistry]' --output tsv) ||
  fail "there is no workspace $workspace in the resource group $workspace_group."
{ read -r workspace_id && read -r storage && { read -r own_registry || true; }; } <<< "$found"
registry=${registry:-$own_registry}
case "$registry" in
  /*) ;;
  *) fail "the workspace has no container registry yet. Create one (az acr create) and give its ARM id as --registry." ;;
esac
group_id=$(az group show --name "$group" --query id --output tsv) || fail "there is no resource group $group."
if [ -n "$signing_key" ]; then
  found=$(az keyvault show --name "$vault" --query '[id,properties.enableRbacAuthorization]' --output tsv) ||
    fail "there is no key vault $vault in the subscription $subscription."
  { read -r vault_id && read -r vault_has_roles; } <<< "$found"
fi
registry_mode=$(az resource show --ids "$registry" --query properties.roleAssignmentMode --output tsv)

# What already exists, and what is missing.
todo=()
plan() {
  local state=$1 text=$2
  printf '  %-7s %s\n' "$state" "$text"
}
add() { # text, command…
  plan create "$1"
  shift
  todo+=("$(printf '%q ' "$@")")
}

principal_of() { # identity
  az identity show --resource-group "$group" --name "$1" --query principalId --output tsv 2> /dev/null || true
}

# One line per role: its name, a tab, its scope.
roles_of() { # principal
  [ -z "$1" ] || az role assignment list --assignee "$1" --all --query '[].[roleDefinitionName,scope]' --output tsv
}

plan_identity() { # name, principal, purpose
  if [ -n "$2" ]; then
    plan exists "identity $1, $3"
  else
    add "identity $1, $3" az identity create --resource-group "$group" --name "$1"
  fi
}

plan_role() { # identity, its roles, role, scope
  local text="role $3 of $1 on ${4##*/}"
  # Not through a pipe: grep exits at the first match, and the writer left behind would make the pipe fail.
  if grep -qixF "$3"$'\t'"$4" <<< "$2"; then
    plan exists "$text"
  else
    add "$text" assign "$1" "$3" "$4"
  fi
}

# By object ID, because a new identity cannot be found by name for a while. Nor can a new role, so it is retried.
assign() { # identity, role, scope
  local attempt
  for attempt in 1 2 3 4 5 6; do
    az role assignment create --assignee-object-id "$(principal_of "$1")" --assignee-principal-type ServicePrincipal \
      --role "$2" --scope "$3" && return
    [ "$2" = "$price_role" ] && [ "$attempt" -lt 6 ] || return 1
    sleep 10
  done
}

# Reader would let the identity read everything in the subscription. A role's name is unique in the whole tenant, and the list
# shows only this subscription's roles: hence the subscription in the name.
price_role="MLOps Price Reader ($subscription)"
price_action='Microsoft.MachineLearningServices/locations/vmSizes/read'
plan_prices() {
  local found actions data_actions
  found=$(az role definition list --name "$price_role" --custom-role-only true \
    --query "[].[roleName,join(' ',permissions[].actions[]),join(' ',permissions[].dataActions[])]" --output tsv)
  if [ -z "$found" ]; then
    add "role definition $price_role, which reads the VM sizes of Azure Machine Learning with their prices" \
      az role definition create --role-definition "{\"Name\": \"$price_role\", \"Description\": \"Reads the sizes of Azure Machine Learning with their prices.\", \"Actions\": [\"$price_action\"], \"AssignableScopes\": [\"/subscriptions/$subscription\"]}"
  elif grep -qixF "$price_role"$'\t'"$price_action"$'\t' <<< "$found"; then
    plan exists "role definition $price_role"
  else
    IFS=$'\t' read -r _ actions data_actions <<< "$found"
    fail "the role definition $price_role should allow $price_action and nothing else, but it allows: $actions${data_actions:+ $data_actions}. Change or delete it, then run the script again."
  fi
  plan_role "$identity" "$roles" "$price_role" "/subscriptions/$subscription"
}

# A vault grants by roles or by access policies, never by both. A policy is for all keys of the vault.
plan_key() {
  if [ "$vault_has_roles" = true ] || [ "$vault_has_roles" = True ]; then
    plan_role "$identity" "$roles" 'Key Vault Crypto User' "$vault_id/keys/$key"
    return
  fi
  local held missing='' permission text="access policy of $identity in $vault: get and sign with all keys of this vault"
  held=$(key_permissions_of "$principal")
  for permission in get sign; do
    grep -qixE "$permission|all" <<< "$held" || missing="$missing $permission"
  done
  if [ -z "$missing" ]; then
    plan exists "$text"
  else
    # What is set replaces what the policy allowed with keys; what it allows with secrets and certificates stays.
    # shellcheck disable=SC2086 # one word for each permission
    add "$text" allow_keys $held $missing
  fi
}

# One line per permission. A policy for an application that acts for the principal is another one.
key_permissions_of() { # principal
  local policies holder permissions
  [ -n "$1" ] || return 0
  policies=$(az keyvault show --name "$vault" \
    --query "properties.accessPolicies[?!applicationId].[objectId,join(' ',permissions.keys||\`[]\`)]" --output tsv)
  while IFS=$'\t' read -r holder permissions; do
    if grep -qixF "$1" <<< "$holder" && [ -n "$permissions" ]; then tr ' ' '\n' <<< "$permissions"; fi
  done <<< "$policies"
}

allow_keys() { # permission…
  az keyvault set-policy --name "$vault" --object-id "$(principal_of "$identity")" --key-permissions "$@"
}

plan_provider() {
  if [ "$(az provider show --namespace "$1" --query registrationState --output tsv)" = Registered ]; then
    plan exists "resource provider $1"
  else
    add "resource provider $1" az provider register --namespace "$1"
  fi
}

plan_federation() {
  if [ -z "$issuer" ]; then
    plan later 'federated credential: run the script again with --issuer and --subject'
  elif [ "$(az identity federated-credential show --resource-group "$group" --identity-name "$identity" --name azure-devops \
    --query subject --output tsv 2> /dev/null)" = "$subject" ]; then
    plan exists "federated credential of $identity for $subject"
  else
    add "federated credential of $identity for $subject" az identity federated-credential create --resource-group "$group" \
      --identity-name "$identity" --name azure-devops --issuer "$issuer" --subject "$subject" --audiences api://AzureADTokenExchange
  fi
}

if [ "$registry_mode" = AbacRepositoryPermissions ]; then
  push_role='Container Registry Repository Writer' pull_role='Container Registry Repository Reader'
else
  push_role=AcrPush pull_role=AcrPull
fi

principal=$(principal_of "$identity") pull_principal=$(principal_of "$pull_identity")
roles=$(roles_of "$principal") pull_roles=$(roles_of "$pull_principal")
echo "In the subscription $subscription, resource group $group:"
plan_provider Microsoft.ContainerInstance
plan_provider Microsoft.ManagedIdentity
plan_identity "$identity" "$principal" 'which the service connection uses to sign in'
plan_identity "$pull_identity" "$pull_principal" 'which the container group uses to pull its image'
plan_federation
plan_role "$identity" "$roles" 'AzureML Data Scientist' "$workspace_id"
plan_role "$identity" "$roles" 'Container Registry Tasks Contributor' "$registry"
plan_role "$identity" "$roles" "$push_role" "$registry"
plan_role "$identity" "$roles" 'Azure Container Instances Contributor' "$group_id"
plan_role "$identity" "$roles" 'Managed Identity Operator' \
  "$group_id/providers/Microsoft.ManagedIdentity/userAssignedIdentities/$pull_identity"
plan_role "$pull_identity" "$pull_roles" "$pull_role" "$registry"
if [ -n "$keyless_storage" ]; then
  plan_role "$identity" "$roles" 'Storage Blob Data Contributor' "$storage"
fi
if [ -n "$signing_key" ]; then plan_key; fi
if [ -n "$prices" ]; then plan_prices; fi

if [ ${#todo[@]} -eq 0 ]; then
  echo 'There is nothing left to do.'
elif [ -n "$dry_run" ]; then
  echo 'Nothing was done (--dry-run).'
  exit 0
else
  if [ -z "$yes" ]; then
    read -r -p "Continue? [y/N] " answer
    [ "$answer" = y ] || [ "$answer" = Y ] || fail 'nothing was done.'
  fi
  for command in "${todo[@]}"; do
    echo "> $command"
    eval "$command" > /dev/null
  done
fi

cat <<TEXT

For the service connection in Azure DevOps (Azure Resource Manager, workload identity federation, manual):
  Subscription id     $subscription
  Tenant id           $tenant
  Client id           $(az identity show --resource-group "$group" --name "$identity" --query clientId --output tsv)

For the pipeline:
  resourceGroup         $workspace_group (Train, Evaluate, Package-Image), $group (Deploy-ACI)
  workspace             $workspace
  userAssignedIdentity  $pull_identity
New roles take a few minutes to take effect.
TEXT
