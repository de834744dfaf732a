"""What must last: models, repository and the recorder that writes facts behind a bounded queue."""
