//! Properties in which a path stands before `aws cloudformation package` uploads what is there.
//!
//! Depends on nothing.

/// Types and properties whose text the command replaces by an object; sorted.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html> (read 2026-11-23).
const ARTIFACTS: &[(&str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location"),
    ("AWS::AppSync::GraphQLSchema", "DefinitionS3Location"),
    ("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::CodeCommit::Repository", "Code.S3"),
    ("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::LayerVersion", "Content"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"),
];

/// Returns whether text at this property names what is to be uploaded.
pub fn is_artifact(kind: &str, property: &str) -> bool {
    ARTIFACTS.binary_search(&(kind, property)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_functions_is_uploaded_and_their_names_are_not() {
        assert!(ARTIFACTS.is_sorted());
        assert!(is_artifact("AWS::Lambda::Function", "Code"));
        assert!(!is_artifact("AWS::Lambda::Function", "FunctionName"));
    }
}
