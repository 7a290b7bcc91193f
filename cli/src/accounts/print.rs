//! What the owner of an account does whose keys are not here: a script, ready to be handed over.

use std::fmt::Write as _;

use connection::words::{AccountAlias, Kind};

use super::parameters::{ROLES, RoleParameters};

/// The name of the template's file.
const FILE: &str = "causeway-roles.yml";
/// What ends the template in the script. No line of the template is this.
const END: &str = "END-OF-TEMPLATE";

/// The script. It ends with what the operator runs afterwards.
pub(super) fn script(
    alias: &AccountAlias,
    id: &str,
    stack: &str,
    region: &str,
    kinds: &[Kind],
    parameters: &RoleParameters,
) -> String {
    let mut script = format!(
        "#!/bin/sh\n# Lets Causeway (account {}) into account {id}. Run it with keys of account {id}.\nset -e\n\
         cat > {FILE} <<'{END}'\n{ROLES}{END}\n\
         aliyun ros CreateStack --RegionId {region} --StackName {stack} --TemplateBody \"$(cat {FILE})\"",
        parameters.operator
    );
    for (number, (name, value)) in (1..).zip(parameters.pairs()) {
        let _ = write!(
            script,
            " \\\n  --Parameters.{number}.ParameterKey {name} --Parameters.{number}.ParameterValue {}",
            quoted(value)
        );
    }
    script.push('\n');
    if kinds.contains(&Kind::PrivateLink) {
        script.push_str(
            "# Private links need PrivateLink. This opens it, which places an order:\n\
             # aliyun privatelink OpenPrivateLinkService\n",
        );
    }
    if kinds.contains(&Kind::VpcPeering) {
        script.push_str(
            "# Peerings between regions need Cloud Data Transfer. This opens it, which places an order:\n\
             # aliyun cdt OpenCdtService --version 2021-08-13 --endpoint cdt.aliyuncs.com --force\n",
        );
    }
    let _ = write!(script, "# Then the operator runs:\n# causeway accounts add {alias} --id {id}");
    if parameters.role_prefix != super::add::ROLE_PREFIX {
        let _ = write!(script, " --role-prefix {}", quoted(&parameters.role_prefix));
    }
    for (option, value) in [("external-id", &parameters.external_id), ("command-user", &parameters.command_user)] {
        if let Some(value) = value {
            let _ = write!(script, " --{option} {}", quoted(value));
        }
    }
    script.push('\n');
    script
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:/@+=".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> RoleParameters {
        RoleParameters {
            operator: "1000000000000000".to_owned(),
            stack: "prod".to_owned(),
            role_prefix: "causeway".to_owned(),
            kinds: "vpc-peering".to_owned(),
            external_id: Some("it's me".to_owned()),
            command_user: None,
        }
    }

    #[test]
    fn the_script_holds_the_whole_template_each_parameter_and_what_the_operator_runs_then() {
        let alias = "a".parse().unwrap();
        let kinds = [Kind::VpcPeering];
        let text = script(&alias, "1000000000000001", "prod-roles", "cn-hangzhou", &kinds, &parameters());
        assert!(text.contains(&format!("<<'{END}'\n{ROLES}{END}\n")) && !ROLES.contains(END));
        assert!(
            text.contains(r"--Parameters.5.ParameterKey ExternalId --Parameters.5.ParameterValue 'it'\''s me'"),
            "{text}"
        );
        assert!(
            text.ends_with("# causeway accounts add a --id 1000000000000001 --external-id 'it'\\''s me'\n"),
            "{text}"
        );
        assert!(text.contains("OpenCdtService") && !text.contains("OpenPrivateLinkService"));
    }
}
