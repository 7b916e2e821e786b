//! EKS: clusters, nodes, add-ons and the roles of pods.

mod access_entry;
mod add_on_conflicts;
mod add_on_identity;
mod add_on_order;
mod al2_image;
mod authentication_mode;
mod closed_target_port;
mod controller_made_load_balancer;
mod fargate_identity;
mod foreign_binding_version;
mod instance_architecture;
mod irsa_binding;
mod irsa_subject;
mod isolated_nodes;
mod launch_template_overlap;
mod no_access_entry;
mod node_architecture;
mod node_version;
mod open_endpoint;
mod pod_identity_agent;
mod pod_identity_association;
mod pod_identity_trust;
mod role_policies;
mod support_type;
mod two_identities;
mod unenforced_network_policy;
mod unreachable_endpoint;
mod untolerated_taints;
mod version_support;
mod zone_coverage;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &access_entry::RULE,
    &add_on_conflicts::RULE,
    &add_on_identity::RULE,
    &add_on_order::RULE,
    &al2_image::RULE,
    &authentication_mode::RULE,
    &closed_target_port::RULE,
    &controller_made_load_balancer::RULE,
    &fargate_identity::RULE,
    &foreign_binding_version::RULE,
    &instance_architecture::RULE,
    &irsa_binding::RULE,
    &irsa_subject::RULE,
    &isolated_nodes::RULE,
    &launch_template_overlap::RULE,
    &no_access_entry::RULE,
    &node_architecture::RULE,
    &node_version::RULE,
    &open_endpoint::RULE,
    &pod_identity_agent::RULE,
    &pod_identity_association::RULE,
    &pod_identity_trust::RULE,
    &role_policies::RULE,
    &support_type::RULE,
    &two_identities::RULE,
    &unenforced_network_policy::RULE,
    &unreachable_endpoint::RULE,
    &untolerated_taints::RULE,
    &version_support::RULE,
    &zone_coverage::RULE,
];
